/** Outlines on a square of 24 by 24. */
const outlines = {
  add: 'M12 5v14M5 12h14',
  archive: 'M4 5h16v4H4zM6 9v10h12V9M10 13h4',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0',
  calendar: 'M5 6h14v14H5zM5 10h14M9 3.5V7M15 3.5V7',
  chart: 'M5 20V11M12 20V4M19 20v-6',
  check: 'M5.5 12.5l4.2 4.2L18.5 8',
  chevron: 'M9 6l6 6-6 6',
  circle: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.5l3 2',
  close: 'M6 6l12 12M18 6L6 18',
  cloud: 'M7 18a4 4 0 0 1-.4-8 5.5 5.5 0 0 1 10.6 1.2A3.5 3.5 0 0 1 17 18z',
  cloudOff:
    'M7 18a4 4 0 0 1-.4-8 5 5 0 0 1 .8-1.6M11 6.1a5.5 5.5 0 0 1 6.2 5.1A3.5 3.5 0 0 1 19.6 16M4 4l16 16',
  down: 'M12 5v14M6 13l6 6 6-6',
  done: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.5 12.3l2.4 2.4 4.6-5',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  eye: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  filter: 'M4 6h16M7 12h10M10 18h4',
  flag: 'M6 21V4M6 5h11l-2 4 2 4H6',
  folder: 'M4 6h6l2 2h8v11H4z',
  go: 'M4 12h15M13 6l6 6-6 6',
  grip: 'M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01',
  inbox: 'M4 13l3-8h10l3 8v6H4zM4 13h5l1 2.5h4l1-2.5h5',
  keyboard: 'M3 7h18v10H3zM7 10.5h.01M10.5 10.5h.01M14 10.5h.01M17 10.5h.01M8 14h8',
  menu: 'M4 7h16M4 12h16M4 17h16',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  note: 'M5 7h14M5 12h14M5 17h8',
  project: 'M12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z',
  redo: 'M18 9a7 7 0 1 0 1 6M19 4v5h-5',
  repeat: 'M5 11V9.5A2.5 2.5 0 0 1 7.5 7H18M15 4l3 3-3 3M19 13v1.5a2.5 2.5 0 0 1-2.5 2.5H6M9 20l-3-3 3-3',
  search: 'M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM15 15l4.5 4.5',
  settings: 'M5 7h8M17 7h2M5 17h2M11 17h8M15 4.8v4.4M9 14.8v4.4',
  shield: 'M12 3.5l7 3v5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9v-5z',
  skip: 'M5 6l7 6-7 6zM13 6l6 6-6 6z',
  star: 'M12 4l2.4 5.2 5.6.6-4.2 3.8 1.2 5.6-5-2.9-5 2.9 1.2-5.6L4 9.8l5.6-.6z',
  subtask: 'M6 5v8.5A2.5 2.5 0 0 0 8.5 16H18M15 12.8L18.2 16 15 19.2',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1',
  tag: 'M4 12V5h7l9 9-6.5 6.5zM8 9h.01',
  trash: 'M5 7h14M9.5 7V4.5h5V7M7 7l1 13h8l1-13M10.5 10.5v6M13.5 10.5v6',
  up: 'M12 19V5M6 11l6-6 6 6',
  upcoming: 'M5 6h14v14H5zM5 10h14M9 3.5V7M15 3.5V7M9 15l2 2 4-4',
  user: 'M12 4.5a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6zM5 20c.6-4 3.2-6 7-6s6.4 2 7 6',
} as const;

export type IconName = keyof typeof outlines;

/** A picture beside a text, or in a button with a label. It is never read out. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={outlines[name]} />
    </svg>
  );
}
