import { expect, test } from "vitest";
import { diffSchedules, type ScheduleChange } from "../../../shared/core/schedule/diff.ts";
import { identify } from "../../../shared/core/schedule/identity.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { describeWithData } from "../../data-folder.ts";
import { edited, KINDS } from "./edited.ts";
import { played } from "./played.ts";
import { listingOf, realListing } from "./programmes.ts";

describeWithData("fifty edits of a real guide", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "rebuild it from their facts, no more of them than edits, with every id kept (seed %i)",
    async (seed) => {
      const guide = await realListing("epg/clean/Denmark.xml.gz");
      const before = identify(guide, undefined);
      const { edits, programmes } = edited(before, 50, seed);
      const after = identify(listingOf(programmes), before);
      const now = Math.min(...before.programmes.map(({ startsAtMs }) => startsAtMs)) - MINUTE_MS;
      const changes = diffSchedules(before, after, now);

      const rebuilt = played(before, changes);
      expect(new Map(after.programmes.map((programme) => [programme.id, programme]))).toEqual(rebuilt);

      const ids = new Set(edits.flatMap((edit) => edit.ids));
      const cancelled = edits.filter(({ kind }) => kind === "cancel").flatMap((edit) => edit.ids);
      const of = (kind: ScheduleChange["kind"]) => changes.flatMap((change) => (change.kind === kind ? [change.programmeId] : []));
      expect(of("added")).toEqual([]);
      expect(of("cancelled").sort()).toEqual([...cancelled].sort());
      expect(of("revised")).toEqual([]);
      // What an edit was not done to is a neighbour, cut short where it overlaps.
      expect(changes.filter(({ programmeId, kind }) => !ids.has(programmeId) && kind !== "shortened")).toEqual([]);
      const own = changes.filter(({ programmeId }) => ids.has(programmeId));
      expect(own.length).toBeLessThanOrEqual(edits.reduce((sum, edit) => sum + edit.ids.length, 0));
      expect(own.length).toBeGreaterThan(40);
      expect(new Set(edits.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    },
  );
});
