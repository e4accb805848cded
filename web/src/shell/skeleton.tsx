const rows = [62, 48, 71, 39, 55];

/** What the app looks like before it has anything to show. */
export function Skeleton() {
  return (
    <div className="shell" aria-busy="true">
      <SidebarSkeleton />
      <div className="main">
        <div className="page">
          <span className="skeleton skeleton-title" />
          {rows.map((width) => (
            <span key={width} className="skeleton skeleton-row" />
          ))}
        </div>
      </div>
    </div>
  );
}

export function SidebarSkeleton() {
  return (
    <div className="sidebar skeleton-sidebar">
      <span className="skeleton skeleton-logo" />
      {rows.map((width) => (
        <span key={width} className="skeleton skeleton-nav" />
      ))}
    </div>
  );
}
