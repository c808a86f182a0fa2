import { sectionsOver, type Sections } from "../sections.ts";

/** Sections for stores that live in memory alone: the undo steps of their operations are all there is to roll back. */
export function memorySections(): Sections {
  return sectionsOver({
    begin: () => undefined,
    commit: () => undefined,
    rollback: () => undefined,
    check: () => undefined,
    explain: (error) => error,
  });
}
