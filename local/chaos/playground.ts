import type { Ports, SetMinimumOutcome } from "../../shared/app/ports.ts";
import type { PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import { isOurs } from "../../shared/core/warm/bookings.ts";
import type { Target } from "../../shared/core/target.ts";
import type { History } from "../memory/history.ts";
import { measuredOf, type Happened } from "../memory/measured.ts";
import { memoryWorld, type MemoryWorld } from "../memory/world.ts";
import type { Faults } from "./faults.ts";

/** A minimum that came down, by whose doing. */
type Lowered = { readonly atMs: number; readonly targetId: string; readonly fromUnits: number; readonly toUnits: number };

/** The world of one evening, and everything that was done to it. */
export class Playground {
  readonly lowered: Lowered[] = [];
  readonly loweredByAction: (Lowered & { readonly name: string })[] = [];
  /** By minute: the targets that somebody outside took from, and those of which a call failed. */
  readonly undone = new Map<number, Set<string>>();
  readonly failed = new Map<number, Set<string>>();
  readonly troubles: Record<string, number> = {};
  private readonly world: MemoryWorld;
  private readonly faults: Faults;
  private calls = 0;
  private callsAtMs = 0;

  constructor(world: PreparedWorld, fromMs: number, { lately }: History, faults: Faults) {
    this.world = memoryWorld(world, fromMs, lately);
    this.faults = faults;
  }

  readonly now = (): number => this.world.nowMs();

  get happened(): Happened {
    return this.world.happened;
  }

  count(name: string): void {
    this.troubles[name] = (this.troubles[name] ?? 0) + 1;
  }

  private note(notes: Map<number, Set<string>>, targetId: string): void {
    this.noteAt(notes, this.now(), targetId);
  }

  private noteAt(notes: Map<number, Set<string>>, atMs: number, targetId: string): void {
    notes.set(atMs, (notes.get(atMs) ?? new Set<string>()).add(targetId));
  }

  private async minimumOf(targetId: string): Promise<number> {
    const [state] = await this.world.capacity.describe([targetId]);
    if (state?.kind !== "known") throw new RangeError(`${targetId}: there is no such target`);
    return state.minimumUnits;
  }

  /** Somebody outside takes from a minimum that is above the baseline; `share` of what is above it stays. */
  async interfere({ id: targetId, baselineUnits }: Target, share: number): Promise<void> {
    const before = await this.minimumOf(targetId);
    if (before <= baselineUnits) return;
    const units = Math.round(baselineUnits + share * (before - baselineUnits));
    await this.world.capacity.setMinimum(targetId, units);
    if (units >= before) return;
    this.count("outside changes");
    this.note(this.undone, targetId);
  }

  step(): void {
    const minute = this.world.step();
    for (const [targetId, { fired = [], changes = [] }] of Object.entries(minute.targets)) {
      for (const { what, fromUnits, toUnits } of changes) {
        if (what === "call") continue;
        this.count(`${what} changes`);
        if (toUnits < fromUnits) this.noteAt(this.undone, minute.atMs, targetId);
      }
      for (const { name, fromUnits, toUnits } of fired) {
        this.count(isOurs(name) ? "bookings fired" : "customer's actions fired");
        if (toUnits < fromUnits && !isOurs(name)) this.noteAt(this.undone, minute.atMs, targetId);
        if (toUnits < fromUnits) this.loweredByAction.push({ atMs: minute.atMs, targetId, fromUnits, toUnits, name });
      }
    }
  }

  private nextCall(): number {
    if (this.callsAtMs !== this.now()) this.calls = 0;
    this.callsAtMs = this.now();
    return (this.calls += 1);
  }

  /** The control plane and the metrics as Calltime meets them. */
  ports(): Pick<Ports, "capacity" | "loads" | "bookings"> {
    const { capacity, bookings } = this.world;
    const published = measuredOf(this.happened, this.now, this.faults.readableFrom);
    const metrics = <T>(what: string, read: () => Promise<T>): Promise<T> => {
      if (!this.faults.metricsThrottled(what, this.now())) return read();
      this.count("metrics throttled");
      this.note(this.failed, what);
      return Promise.reject(new Error("Rate exceeded"));
    };
    return {
      loads: {
        load: (targetId, fromMs, toMs) => metrics(targetId, () => published.load(targetId, fromMs, toMs)),
        audience: (fromMs, toMs) => metrics("audience", () => published.audience(fromMs, toMs)),
      },
      capacity: {
        describe: (targetIds) => this.seen(targetIds, (targetId) => targetId, "targets dark", capacity.describe),
        setMinimum: (targetId, units) =>
          this.called(targetId, async () => {
            const before = await this.minimumOf(targetId);
            const outcome = await capacity.setMinimum(targetId, units);
            if (outcome.kind !== "accepted") {
              this.count("minimums the cloud did not take");
              if (units > before) this.note(this.failed, targetId);
              return outcome;
            }
            this.count(units < before ? "releases" : "raises");
            if (units < before) this.lowered.push({ atMs: this.now(), targetId, fromUnits: before, toUnits: units });
            return outcome;
          }),
      },
      bookings: {
        list: (targetIds) => this.seen(targetIds, (targetId) => `bookings of ${targetId}`, "bookings dark", bookings.list),
        put: (targetId, action) =>
          this.called(targetId, () => {
            this.count("bookings");
            return bookings.put(targetId, action);
          }),
        remove: (targetId, name) => this.called(targetId, () => bookings.remove(targetId, name)),
      },
    };
  }

  /** What is said of some targets, where they can be seen. */
  private async seen<Said>(
    targetIds: readonly string[],
    named: (targetId: string) => string,
    trouble: string,
    read: (targetIds: readonly string[]) => Promise<readonly Said[]>,
  ): Promise<readonly (Said | { readonly kind: "unknown"; readonly targetId: string; readonly reason: string })[]> {
    const said = await read(targetIds);
    return targetIds.flatMap((targetId, index) => {
      if (!this.faults.dark(named(targetId), this.now())) return said[index] ?? [];
      this.count(trouble);
      this.note(this.failed, targetId);
      return { kind: "unknown" as const, targetId, reason: "no route to it" };
    });
  }

  /** One call to a control plane, with the fate that it meets. */
  private async called(targetId: string, make: () => Promise<SetMinimumOutcome>): Promise<SetMinimumOutcome> {
    const fate = this.faults.call(targetId, this.now(), this.nextCall());
    if (fate !== "served") {
      this.count(`calls ${fate}`);
      this.note(this.failed, targetId);
    }
    if (fate === "throttled") return { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" };
    if (fate === "refused") return { kind: "refused", code: "AccessDeniedException", reason: "not authorised" };
    if (fate === "lost") throw new Error("the connection timed out");
    const outcome = await make();
    if (fate === "lost-done") throw new Error("the connection was reset");
    return outcome;
  }
}
