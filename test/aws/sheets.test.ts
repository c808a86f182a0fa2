import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScheduledActionsCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CreateDBClusterCommand, DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateClusterCommand, CreateServiceCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { s3Sheets } from "../../shared/aws/sheets.ts";
import { sheetScript } from "../../shared/core/sheet/script.ts";
import type { SheetTarget } from "../../shared/core/sheet/evening.ts";
import { service, sheetTarget } from "../core/sheet/made.ts";
import { describeWithPrograms } from "../programs.ts";
import { describeWithMoto } from "./moto.ts";
import { awsError, scriptedClient } from "./scripted-client.ts";

const AWS = { commands: ["aws"], from: "awscli" };

describeWithMoto("sheets in an emulated S3", (moto) => {
  test("a sheet is put as text in the place of the one before", async () => {
    const client = new S3Client(moto.client());
    await client.send(new CreateBucketCommand({ Bucket: "calltime", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
    const sheets = s3Sheets({ client, bucket: "calltime", region: "eu-west-1" });
    await sheets.keep("evening-sheet.txt", "first");
    await sheets.keep("evening-sheet.txt", "kørt");
    const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: "calltime", Key: "sheets/evening-sheet.txt" }));
    expect([await Body?.transformToString(), ContentType, sheets.region]).toEqual(["kørt", "text/plain; charset=utf-8", "eu-west-1"]);
  });

  test("a sheet that could not be put is said", async () => {
    const sheets = s3Sheets({ client: scriptedClient(awsError("AccessDenied", 403)), bucket: "calltime" });
    await expect(sheets.keep("a.txt", "x")).rejects.toMatchObject({
      code: "aws-denied",
      message: expect.stringMatching(/^s3:\/\/calltime\/sheets\/a\.txt: /) as string,
    });
  });
});

describeWithPrograms("the script of the evening sheet, run by AWS's own command", AWS, () => {
  describeWithMoto("against an emulated AWS", (moto) => {
    const scaling = () => new ApplicationAutoScalingClient(moto.client());
    const place = { ServiceNamespace: "ecs" as const, ScalableDimension: "ecs:service:DesiredCount" as const };
    const minimumOf = async (name: string) => {
      const asked = new DescribeScalableTargetsCommand({ ...place, ResourceIds: [`service/web/${name}`] });
      const { ScalableTargets: [one] = [] } = await scaling().send(asked);
      return [one?.MinCapacity, one?.MaxCapacity];
    };
    const bookedOn = async (name: string) => {
      const { ScheduledActions = [] } = await scaling().send(
        new DescribeScheduledActionsCommand({ ...place, ResourceId: `service/web/${name}` }),
      );
      return ScheduledActions.map(({ ScheduledActionName = "" }) => ScheduledActionName).toSorted();
    };
    const begin = async (names: readonly string[]) => {
      const ecs = new ECSClient(moto.client());
      await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
      await ecs.send(
        new RegisterTaskDefinitionCommand({ family: "web", containerDefinitions: [{ name: "web", image: "web", memory: 128 }] }),
      );
      for (const serviceName of names) {
        await ecs.send(new CreateServiceCommand({ cluster: "web", serviceName, taskDefinition: "web", desiredCount: 3 }));
        const ResourceId = `service/web/${serviceName}`;
        await scaling().send(new RegisterScalableTargetCommand({ ...place, ResourceId, MinCapacity: 3, MaxCapacity: 80 }));
      }
    };
    /** Runs the script as a person would; not blocking, since a server of this process may have to answer. */
    const run = async (targets: readonly SheetTarget[], ...args: readonly string[]) => {
      const folder = mkdtempSync(join(tmpdir(), "calltime-sheet-"));
      writeFileSync(join(folder, "evening-sheet.sh"), sheetScript(targets, "eu-west-1"));
      const env = {
        PATH: process.env["PATH"],
        HOME: folder,
        ENDPOINT: moto.endpoint(),
        AWS_ACCESS_KEY_ID: "testing",
        AWS_SECRET_ACCESS_KEY: "testing",
      };
      const child = spawn("sh", ["evening-sheet.sh", ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
      const status = await new Promise((resolve) => child.on("close", resolve));
      rmSync(folder, { recursive: true });
      return { status, said };
    };

    test("raises to the plan, leaves what is higher, and goes back to the customer's own", async () => {
      await begin(["api", "search"]);
      await scaling().send(new RegisterScalableTargetCommand({ ...place, ResourceId: "service/web/search", MinCapacity: 50 }));
      const targets = [sheetTarget("api", [3, 40, 12], service("api")), sheetTarget("search", [20], service("search"))];
      expect(await run(targets, "raise")).toMatchObject({ status: 0 });
      expect([await minimumOf("api"), await minimumOf("search")]).toEqual([
        [40, 80],
        [50, 80],
      ]);
      expect(await run(targets, "release", "api")).toMatchObject({ status: 0 });
      expect([await minimumOf("api"), await minimumOf("search")]).toEqual([
        [3, 80],
        [50, 80],
      ]);
    });

    test("deletes our bookings and no other, the second time too", async () => {
      await begin(["api"]);
      for (const ScheduledActionName of ["calltime-29689500", "calltime-29689560", "nightly"]) {
        const action = { ScheduledActionName, Schedule: "at(2030-01-01T00:00:00)", ScalableTargetAction: { MinCapacity: 9 } };
        await scaling().send(new PutScheduledActionCommand({ ...place, ResourceId: "service/web/api", ...action }));
      }
      const targets = [sheetTarget("api", [40], service("api"))];
      expect(await run(targets, "unbook")).toMatchObject({ status: 0 });
      expect(await bookedOn("api")).toEqual(["nightly"]);
      expect(await run(targets, "unbook")).toMatchObject({ status: 0 });
      expect(await bookedOn("api")).toEqual(["nightly"]);
    });

    test("sets the range of a cluster and keeps its maximum", async () => {
      const rds = new RDSClient(moto.client());
      const ServerlessV2ScalingConfiguration = { MinCapacity: 0.5, MaxCapacity: 64 };
      const login = { MasterUsername: "calltime", MasterUserPassword: "not-a-secret" };
      await rds.send(
        new CreateDBClusterCommand({
          DBClusterIdentifier: "sessions",
          Engine: "aurora-postgresql",
          ServerlessV2ScalingConfiguration,
          ...login,
        }),
      );
      const rangeOf = async () => (await rds.send(new DescribeDBClustersCommand({}))).DBClusters?.[0]?.ServerlessV2ScalingConfiguration;
      const targets = [sheetTarget("db", [16], { scaling: { kind: "acu", clusterId: "sessions" } }, { kind: "aurora-acu" })];
      expect(await run(targets, "raise")).toMatchObject({ status: 0 });
      expect(await rangeOf()).toMatchObject({ MinCapacity: 16, MaxCapacity: 64 });
      expect(await run(targets, "release")).toMatchObject({ status: 0 });
      expect(await rangeOf()).toMatchObject({ MinCapacity: 3, MaxCapacity: 64 });
    });

    test("reaches another account by its role; a target that is not there fails alone", async () => {
      await begin(["api"]);
      const account = { roleArn: "arn:aws:iam::123456789012:role/calltime", externalId: "player-team" };
      const targets = [sheetTarget("gone", [40], service("gone")), sheetTarget("api", [40], service("api", { account }))];
      const { status, said } = await run(targets, "raise");
      expect(status).toBe(1);
      expect(said).toContain("raise gone: FAILED");
      expect(said).toContain("raise api: done");
      expect(await minimumOf("api")).toEqual([40, 80]);
    });
  });
});
