export function Logo() {
  return (
    <span className="logo">
      <svg width="28" height="28" viewBox="0 0 100 100" aria-hidden="true">
        <rect className="logo-square" width="100" height="100" rx="24" />
        <path className="logo-check" d="M27 53L43 69L75 33" />
      </svg>
      <span>Duly</span>
    </span>
  );
}
