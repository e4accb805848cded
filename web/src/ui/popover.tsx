import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';

export interface PopoverProps {
  /** What the button shows. */
  label: ReactNode;
  /** Of the button, where `label` is no text. */
  name?: string;
  className?: string;
  /** On which side it is aligned. */
  align?: 'start' | 'end';
  kind?: 'menu' | 'dialog';
  children: (close: () => void) => ReactNode;
}

/** A button that opens a small panel below it. Escape, a click elsewhere and Tab out of it close it. */
export function Popover({
  label,
  name,
  className = 'button',
  align = 'start',
  kind = 'dialog',
  children,
}: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useCloseOutside(root, isOpen, () => setOpen(false));

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return;
    event.stopPropagation();
    // Neither for a dialog around it, nor for what listens on the document.
    event.preventDefault();
    close();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it closes what is in it
    <div className="popover-root" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={name}
        title={name}
        aria-haspopup={kind}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <Panel id={id} kind={kind} align={align} {...(name !== undefined && { name })}>
          {children(close)}
        </Panel>
      )}
    </div>
  );
}

interface PanelProps {
  id: string;
  kind: 'menu' | 'dialog';
  align: 'start' | 'end';
  name?: string;
  children: ReactNode;
}

const focusable = 'button:not(:disabled), input, select, textarea, a[href]';

function Panel({ id, kind, align, name, children }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = panel.current;
    if (element === null) return;
    // First to its place: a focus outside the window would scroll the page.
    keepInView(element);
    element.querySelector<HTMLElement>(`[data-autofocus], ${focusable}`)?.focus();
  }, []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is a menu or a dialog
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both have names
    <div
      ref={panel}
      id={id}
      className={`popover popover-${align}`}
      role={kind}
      // A click beside its buttons leaves the focus in it, so that Escape still closes it.
      tabIndex={-1}
      aria-label={name}
      onKeyDown={kind === 'menu' ? moveWithArrows : undefined}
    >
      {children}
    </div>
  );
}

const margin = 8;

/** Between the button and its panel, as `.popover` has it. */
const gap = 6;

/**
 * Moves the panel in from the edges of the window, and above its button where there is room above and none below. Where
 * there is room on neither side, it covers its button. A stylesheet may have placed it above already.
 */
function keepInView(element: HTMLElement): void {
  const { left, right, top: drawnTop } = element.getBoundingClientRect();
  const { top: buttonTop = 0, bottom: buttonBottom = 0 } =
    element.parentElement?.getBoundingClientRect() ?? {};
  const width = document.documentElement.clientWidth;
  const shift = left < margin ? margin - left : Math.min(0, width - margin - right);
  element.style.translate = `${shift}px 0`;
  if (drawnTop < buttonTop) return;
  // Not those of the rectangle: the panel comes in with an animation that moves it.
  const height = element.offsetHeight;
  const top = buttonBottom + gap;
  const excess = top + height + margin - window.innerHeight;
  if (excess <= 0) return;
  if (buttonTop - gap - height >= margin) element.classList.add('popover-above');
  else element.style.translate = `${shift}px ${-Math.min(excess, Math.max(0, top - margin))}px`;
}

function moveWithArrows(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const moves: Record<string, number> = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  };
  const next = moves[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  items[next]?.focus();
}

function useCloseOutside(root: RefObject<HTMLElement | null>, isOpen: boolean, close: () => void): void {
  useEffect(() => {
    if (!isOpen) return;
    const onEvent = ({ target }: Event) => {
      if (target instanceof Node && !root.current?.contains(target)) close();
    };
    document.addEventListener('pointerdown', onEvent);
    document.addEventListener('focusin', onEvent);
    return () => {
      document.removeEventListener('pointerdown', onEvent);
      document.removeEventListener('focusin', onEvent);
    };
  });
}
