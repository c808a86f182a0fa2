import { AsyncLocalStorage } from "node:async_hooks";

/** What makes a section all-or-nothing underneath. `depth` is 0 for the outermost transaction, 1 for one inside it, and so on. */
export type Journal = {
  begin(depth: number): void;
  commit(depth: number): void;
  rollback(depth: number): void;
  /** Called before each operation inside a transaction; throws when the transaction was lost underneath. */
  check(): void;
  /** What to throw instead of an error that came out of an operation. */
  explain(error: unknown): unknown;
};

/**
 * Takes turns. Whoever asks from outside waits, first come first served, until the running section has ended; whoever asks from
 * inside (the same chain of awaits) joins it. A section must not await something that itself waits outside for a turn.
 */
export type Sections = {
  /** Runs `fn` alone: nothing from outside reads or writes until it has ended. */
  exclusively<T>(fn: () => T | Promise<T>): Promise<T>;
  /** Runs `fn` alone; all it wrote is kept when it returns and undone when it throws. Inside another one only its own part is undone. */
  transaction<T>(fn: () => T | Promise<T>): Promise<T>;
  /** One synchronous step of a port, in its turn. `undo` takes what is to be done (newest first) should the transaction around it fail. */
  operation<T>(step: (undo: (how: () => void) => void) => T): Promise<T>;
  /** True when called from inside a section that has not ended. */
  inside(): boolean;
};

type Frame = {
  readonly parent: Frame | undefined;
  /** Transactions from here outwards; 0 means that each operation stands for itself. */
  readonly depth: number;
  readonly undo: (() => void)[];
  open: boolean;
  tail: Promise<unknown>;
};

const newFrame = (parent: Frame | undefined, depth: number, undo: (() => void)[]): Frame => ({
  parent,
  depth,
  undo,
  open: true,
  tail: Promise.resolve(),
});

/** Sections over `journal`. Every port of one store shares one of these. */
export function sectionsOver(journal: Journal): Sections {
  const root = newFrame(undefined, 0, []);
  const running = new AsyncLocalStorage<Frame>();

  /** The innermost section still open: work left behind by one that has ended takes its turn outside it. */
  const innermost = (): Frame => {
    let frame = running.getStore() ?? root;
    while (!frame.open && frame.parent !== undefined) frame = frame.parent;
    return frame;
  };

  const inTurn = <T>(frame: Frame, fn: () => T | Promise<T>): Promise<T> => {
    const turn = frame.tail.then(fn);
    frame.tail = turn.catch(() => undefined);
    return turn;
  };

  /** Runs `fn` in `frame`, then whatever it had queued without awaiting: that belongs to the section too. */
  const runIn = async <T>(frame: Frame, fn: () => T | Promise<T>): Promise<T> => {
    try {
      return await running.run(frame, async () => fn());
    } finally {
      frame.open = false;
      await frame.tail;
    }
  };

  const section = async <T>(outer: Frame, fn: () => T | Promise<T>): Promise<T> => runIn(newFrame(outer, outer.depth, outer.undo), fn);

  const transaction = async <T>(outer: Frame, fn: () => T | Promise<T>): Promise<T> => {
    const frame = newFrame(outer, outer.depth + 1, []);
    try {
      if (outer.depth > 0) journal.check();
      journal.begin(outer.depth);
    } catch (error) {
      throw journal.explain(error);
    }
    try {
      const result = await runIn(frame, fn);
      journal.check();
      journal.commit(outer.depth);
      if (outer.depth > 0) outer.undo.push(...frame.undo);
      return result;
    } catch (error) {
      for (const how of frame.undo.toReversed()) how();
      journal.rollback(outer.depth);
      throw journal.explain(error);
    }
  };

  return {
    exclusively: (fn) => {
      const frame = innermost();
      return inTurn(frame, () => section(frame, fn));
    },
    transaction: (fn) => {
      const frame = innermost();
      return inTurn(frame, () => transaction(frame, fn));
    },
    operation: (step) => {
      const frame = innermost();
      return inTurn(frame, () => {
        try {
          if (frame.depth > 0) journal.check();
          return step((how) => {
            if (frame.depth > 0) frame.undo.push(how);
          });
        } catch (error) {
          throw journal.explain(error);
        }
      });
    },
    inside: () => innermost() !== root,
  };
}
