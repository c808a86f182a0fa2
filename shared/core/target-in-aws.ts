/** Whose account a target is in, when it is not ours: the role that lets us in, and the id that its owner asks for. */
export type AccountRole = { readonly roleArn: string; readonly externalId?: string };

/** How the minimum of a target is set. */
export type Scaling =
  | {
      /** As a scalable target of Application Auto Scaling, in its own words. */
      readonly kind: "scalable-target";
      readonly namespace: string;
      readonly resourceId: string;
      readonly dimension: string;
    }
  | {
      /** As the range of an Aurora Serverless v2 cluster; its units are Aurora capacity units. */
      readonly kind: "acu";
      readonly clusterId: string;
    }
  | {
      /** As the reservation of a load balancer; its units are load balancer capacity units. */
      readonly kind: "lcu";
      readonly loadBalancerArn: string;
    };

/** One metric of CloudWatch. */
export type Metric = {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly stat: "Sum" | "SampleCount" | "Average" | "Minimum" | "Maximum";
  /** Whole minutes. */
  readonly periodMs: number;
};

/** What a value of a load metric counts: requests of its period, requests a second, or per cent of the units that serve. */
export type LoadCounts = "requests" | "requests-per-second" | "utilisation-percent";

/** How the load of a target is measured. */
export type LoadMetric = {
  readonly metric: Metric;
  readonly counts: LoadCounts;
  /** Requests (or queries) that one count stands for. */
  readonly each: number;
  /** Requests that were turned away. */
  readonly refused?: {
    readonly metric: Metric;
    /** Published only when it is above zero: where the load is there and this is not, it is zero. */
    readonly sparse: boolean;
    /** The load metric counts them too. */
    readonly withinLoad: boolean;
  };
  /** Units that were serving. */
  readonly serving?: Metric;
};

/** How the viewers of one channel are measured. */
export type AudienceMetric = {
  readonly channelId: string;
  /** Where it is published; where Calltime runs when left out. */
  readonly region?: string;
  readonly metric: Metric;
  /** Viewers that one count stands for. */
  readonly each: number;
};

/** Where a target is in AWS, how its minimum is set, what proves that it serves, and how its load is measured. */
export type TargetInAws = {
  /** Where Calltime runs when left out. */
  readonly region?: string;
  /** Calltime's own account when left out. */
  readonly account?: AccountRole;
  readonly scaling?: Scaling;
  /** The target group whose healthy members are serving; those of the service itself when left out. */
  readonly targetGroupArn?: string;
  readonly load?: LoadMetric;
};
