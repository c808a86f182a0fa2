/**
 * What nights of premieres are made of. **Synthetic**: no platform's load, but drawn to match what platforms have published of theirs.
 * These numbers were committed before anything was scored on them, and are not to be changed to make a score better.
 */
export type PremiereParameters = {
  /** Days of usual load before the first premiere. */
  readonly usualDays: number;
  readonly nights: number;
  /** Shows that take turns; each has a size of its own. */
  readonly shows: number;
  /** Requests a second of the busiest usual minute of a weekday, and how the day runs around it: its quietest share, and its busiest hour. */
  readonly usualPeakRps: number;
  readonly usualLowShare: number;
  readonly usualBusiestHour: number;
  readonly weekendFactor: number;
  /** Spread of a minute's noise, and of what wanders over half-hours, as logarithms. */
  readonly noiseSpread: number;
  readonly wanderSpread: number;
  /** Local hours at which premieres start, and their lengths in minutes. */
  readonly startHours: readonly number[];
  readonly lengthMinutes: readonly number[];
  /**
   * Load two minutes after the start as a multiple of the load before: the median of ordinary shows and of the largest, how many of the shows
   * are such, and the spread among the shows of a kind and from episode to episode.
   */
  readonly multiple: number;
  readonly largeMultiple: number;
  readonly largeShare: number;
  readonly showSpread: number;
  readonly episodeSpread: number;
  /** Requests a second that a viewer brings, and what one who arrives or leaves asks for once. */
  readonly viewerRps: number;
  readonly arrivalRequests: number;
  readonly exitRequests: number;
  /** Viewers that arrive in a minute at most. */
  readonly mostArrivalsAMinute: number;
  /** The crowd begins so many seconds before the start, and most of it is there so many seconds after. */
  readonly arrivalFromSeconds: number;
  readonly arrivalSeconds: number;
  /** Share of the crowd that leaves before the end, and the half-life of those who are left after it, in minutes. */
  readonly leftBeforeEnd: number;
  readonly exitHalfLifeMinutes: number;
  /** Shares of the nights on which something happens that the guide does not say, and how much. */
  readonly overruns: { readonly share: number; readonly minutes: readonly [least: number, most: number] };
  readonly slips: { readonly share: number; readonly minutes: readonly [least: number, most: number] };
  readonly cancelled: { readonly share: number };
  readonly flops: { readonly share: number; readonly factor: number };
  readonly surprises: { readonly share: number; readonly factor: number };
};

/**
 * Calibrated to published figures: five times the load within two minutes of a start, on some nights ten times; 1.1 million viewers more in
 * a minute at the largest; a crowd that begins 20 s before the start; and at the end everybody back on the home page, whose many
 * requests are more than leaving one by one would bring. The rest is chosen round.
 */
export const PREMIERES: PremiereParameters = {
  usualDays: 14,
  nights: 40,
  shows: 8,
  usualPeakRps: 2_000,
  usualLowShare: 0.3,
  usualBusiestHour: 21,
  weekendFactor: 1.15,
  noiseSpread: 0.02,
  wanderSpread: 0.05,
  startHours: [20, 21],
  lengthMinutes: [45, 60, 90],
  multiple: 5,
  largeMultiple: 10,
  largeShare: 0.25,
  showSpread: 0.2,
  episodeSpread: 0.1,
  viewerRps: 0.01,
  arrivalRequests: 1,
  exitRequests: 1.5,
  mostArrivalsAMinute: 1_100_000,
  arrivalFromSeconds: -20,
  arrivalSeconds: 100,
  leftBeforeEnd: 0.1,
  exitHalfLifeMinutes: 2,
  overruns: { share: 0.15, minutes: [5, 25] },
  slips: { share: 0.1, minutes: [3, 15] },
  cancelled: { share: 0.05 },
  flops: { share: 0.1, factor: 0.3 },
  surprises: { share: 0.1, factor: 2 },
};
