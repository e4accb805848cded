import {
  type RefObject,
  startTransition,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

export interface RowWindow {
  start: number;
  /** Exclusive. */
  end: number;
  /** Of the rows that are not there, in pixels. */
  before: number;
  after: number;
  /** Measures a row; the ref of its element. */
  measure(key: string): (element: HTMLElement | null) => undefined | (() => void);
}

/** Fewer rows are all there: nothing is gained by leaving some out. */
const minRows = 120;
const overscanPx = 600;
const estimatePx = 54;

/** Which rows of a long list are in or near the window. The page scrolls, not the list. */
export function useWindow(keys: readonly string[], list: RefObject<HTMLElement | null>): RowWindow {
  const heights = useRef(new Map<string, number>());
  const [, render] = useState(0);
  // Of a list that is shown for the first time, what fits into the window. The rest follows.
  const [view, setView] = useState(() => ({ top: 0, bottom: window.innerHeight }));
  const isLong = keys.length > minRows;
  const observer = useHeights(heights, () => startTransition(() => render((count) => count + 1)));

  useLayoutEffect(() => {
    if (!isLong) return;
    const update = () => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0);
      const next = { top: top - overscanPx, bottom: top + window.innerHeight + overscanPx };
      setView((last) =>
        Math.abs(last.top - next.top) < overscanPx / 3 && last.bottom - last.top === next.bottom - next.top
          ? last
          : next,
      );
    };
    // At the top of the page, everything that is in the window is there already.
    if (window.scrollY === 0) startTransition(update);
    else update();
    window.addEventListener('scroll', update, { passive: true });
    window.addEventListener('resize', update);
    return () => {
      window.removeEventListener('scroll', update);
      window.removeEventListener('resize', update);
    };
  }, [isLong, list]);

  const measure = useCallback((key: string) => (isLong ? observer(key) : ignore), [isLong, observer]);
  if (!isLong) return { start: 0, end: keys.length, before: 0, after: 0, measure };
  return {
    ...rangeOf(
      keys.map((key) => heights.current.get(key) ?? estimatePx),
      view,
    ),
    measure,
  };
}

const ignore = () => undefined;

function rangeOf(heights: readonly number[], view: { top: number; bottom: number }) {
  let start = 0;
  let before = 0;
  while (start < heights.length && before + (heights[start] ?? 0) < view.top) before += heights[start++] ?? 0;
  let end = start;
  let bottom = before;
  while (end < heights.length && bottom < view.bottom) bottom += heights[end++] ?? 0;
  const after = heights.slice(end).reduce((sum, height) => sum + height, 0);
  return { start, end, before, after };
}

/** Notes the heights of elements as they change. */
function useHeights(heights: RefObject<Map<string, number>>, onChange: () => void) {
  const keys = useRef(new Map<Element, string>());
  /** The same function for a key in each render, so that the element stays observed. */
  const refs = useRef(new Map<string, ReturnType<RowWindow['measure']>>());
  const changed = useRef(onChange);
  changed.current = onChange;
  const [observer] = useState(
    () =>
      new ResizeObserver((entries) => {
        let isChanged = false;
        for (const { target } of entries) {
          const key = keys.current.get(target);
          const height = target.getBoundingClientRect().height;
          if (key === undefined || height === 0 || heights.current.get(key) === height) continue;
          heights.current.set(key, height);
          isChanged = true;
        }
        if (isChanged) changed.current();
      }),
  );
  useEffect(() => () => observer.disconnect(), [observer]);
  return useCallback(
    (key: string) => {
      const known = refs.current.get(key);
      if (known !== undefined) return known;
      const ref = (element: HTMLElement | null) => {
        if (element === null) return undefined;
        keys.current.set(element, key);
        observer.observe(element);
        return () => {
          observer.unobserve(element);
          keys.current.delete(element);
        };
      };
      refs.current.set(key, ref);
      return ref;
    },
    [observer],
  );
}
