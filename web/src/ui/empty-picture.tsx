export function EmptyPicture() {
  return (
    <svg className="empty-picture" viewBox="0 0 160 110" aria-hidden="true">
      <rect className="empty-sheet" x="34" y="14" width="92" height="84" rx="14" />
      <path className="empty-line" d="M72 42h36M72 62h28M72 82h20" />
      <path className="empty-check" d="M48 42l4 4 8-9M48 62l4 4 8-9" />
      <circle className="empty-ring" cx="54" cy="82" r="5" />
    </svg>
  );
}
