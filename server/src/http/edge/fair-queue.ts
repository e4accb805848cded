/** A queue for each user. Users take turns, so that one with many requests delays no other. */
export interface FairQueue<T> {
  size(): number;
  add(user: string, item: T): void;
  /** Removes the oldest item of the user whose turn it is. */
  take(): T | undefined;
  /**
   * Makes room for an item of this user: removes the newest item of the user who has the most.
   * @returns undefined if no other user has at least two more than this one
   */
  giveWay(user: string): T | undefined;
  /** Removes the oldest items while `isOver` holds. Those of a user are in the order of `add`. */
  removeWhile(isOver: (item: T) => boolean): T[];
}

interface Line<T> {
  user: string;
  items: T[];
}

export function createFairQueue<T>(): FairQueue<T> {
  const lines = new Map<string, Line<T>>();
  /** The lines that are not empty, in the order of their turns. */
  let turns: Line<T>[] = [];
  let size = 0;
  /** The longest line, as far as known: it may have become shorter. */
  let longest: Line<T> = { user: '', items: [] };

  function newLine(user: string): Line<T> {
    const line: Line<T> = { user, items: [] };
    lines.set(user, line);
    turns.push(line);
    return line;
  }

  return {
    size: () => size,
    add(user, item) {
      const line = lines.get(user) ?? newLine(user);
      line.items.push(item);
      size += 1;
      if (line.items.length > longest.items.length) longest = line;
    },
    take() {
      const line = turns.shift();
      const item = line?.items.shift();
      if (line === undefined || item === undefined) return undefined;
      size -= 1;
      if (line.items.length > 0) turns.push(line);
      else lines.delete(line.user);
      return item;
    },
    giveWay(user) {
      // One more than the user's line would have: else the two would displace each other.
      if (longest.items.length <= (lines.get(user)?.items.length ?? 0) + 1) return undefined;
      size -= 1;
      return longest.items.pop();
    },
    removeWhile(isOver) {
      const removed: T[] = [];
      for (const { items } of turns) {
        const kept = items.findIndex((item) => !isOver(item));
        removed.push(...items.splice(0, kept === -1 ? items.length : kept));
      }
      size -= removed.length;
      turns = turns.filter(({ user, items }) => items.length > 0 || !lines.delete(user));
      return removed;
    },
  };
}
