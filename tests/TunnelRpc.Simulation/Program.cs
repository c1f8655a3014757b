using TunnelRpc.Simulation.Commands;
using TunnelRpc.Simulation.Defects;
using TunnelRpc.Simulation.Scheduling;

CommandLine? line = CommandLine.Parse(args);
if (line is null)
{
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

if (!Driver.HasOneWorker)
{
    Console.Error.WriteLine(
        "Expected a thread pool with one worker (System.Threading.ThreadPool.MaxThreads in runtimeconfig.json), but it has more. "
        + "Runs would not be repeatable.");
    return 2;
}

return line switch
{
    { Defects: not null } => await DefectSuite.RunAsync(line).ConfigureAwait(false),
    { Processes: > 1, Shard: null } => await ShardedRun.RunAsync(line).ConfigureAwait(false),
    _ => await SeedLoop.RunAsync(line).ConfigureAwait(false),
};
