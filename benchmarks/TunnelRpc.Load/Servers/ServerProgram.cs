using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Sessions;

namespace TunnelRpc.Load.Servers;

/// <summary>
/// The server in a child process. It prints its ports, and then one line of output for each line of input. It ends when its input closes,
/// so that it never outlives its parent.
/// </summary>
internal static class ServerProgram
{
    /// <summary>Requests a <see cref="Usage"/>.</summary>
    public const string UsageCommand = "usage";

    /// <summary>Requests the memory of the process (working set) in bytes, after garbage collections.</summary>
    public const string MemoryCommand = "memory";

    /// <summary>Requests the largest memory of the process since its start (resident set) in bytes.</summary>
    public const string PeakMemoryCommand = "peak";

    /// <summary>Requests a <see cref="HeldMemory"/>.</summary>
    public const string HeldCommand = "held";

    /// <summary>
    /// Requests calls to the client. The arguments are the number of concurrent calls and the duration in milliseconds. The response is
    /// <see cref="Figures"/>.
    /// </summary>
    public const string CallBackCommand = "callback";

    public static Task<int> RunAsync(string system, params int[] fixedPorts) => RunAsync(Create(system), fixedPorts);

    /// <summary>Runs a server, which it disposes.</summary>
    public static async Task<int> RunAsync(ILoadServer created, params int[] fixedPorts)
    {
        ParentInput parent = ParentInput.Open();
        await using ILoadServer server = created;
        int[] ports = await server.StartAsync(fixedPorts);
        Console.WriteLine(string.Join(' ', ports));
        ParentInput.IgnoreInterrupts();
        await foreach (string command in parent.Lines)
        {
            // Calls to a client that has ended with the parent could take long.
            Console.WriteLine(await ExecuteAsync(server, command.Split(' ')).WaitAsync(parent.Closed));
        }

        return 0;
    }

    private static ILoadServer Create(string system) => system switch
    {
        SystemNames.RawTcp => new FrameServer(socket => new RawChannel(socket)),
        SystemNames.RawSession => new FrameServer(socket => new SessionChannel(socket, isClient: false)),
        SystemNames.RawUpgrade => new UpgradeServer(),
        SystemNames.RawCopy => new CopyServer(),
        SystemNames.Http => new HttpServer(),
        SystemNames.TunnelRpc => new TunnelLoadServer(),
        SystemNames.TunnelRpcMemory => new MemoryServer(),
        SystemNames.TunnelRpcGuarded => new GuardedServer(),
        SystemNames.TunnelRpcVictim => new VictimServer(),
        _ => throw new ArgumentException($"Expected the name of a system, got '{system}'.", nameof(system)),
    };

    private static async Task<string> ExecuteAsync(ILoadServer server, string[] command) => command switch
    {
        [UsageCommand] => JsonSerializer.Serialize(Usage.Now, ControlJson.Default.Usage),
        [MemoryCommand] => Memory().ToString(CultureInfo.InvariantCulture),
        [PeakMemoryCommand] => Usage.PeakMemory.ToString(CultureInfo.InvariantCulture),
        [HeldCommand] => JsonSerializer.Serialize(HeldMemory.Now(server.CountedBytes), ControlJson.Default.HeldMemory),
        [CallBackCommand, var concurrency, var milliseconds] => JsonSerializer.Serialize(
            await server.CallBackAsync(
                int.Parse(concurrency, CultureInfo.InvariantCulture),
                TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture))),
            ControlJson.Default.Figures),
        _ => throw new ArgumentException(
            $"Expected {UsageCommand}, {MemoryCommand}, {PeakMemoryCommand}, {HeldCommand} or {CallBackCommand}, "
            + $"got '{string.Join(' ', command)}'."),
    };

    private static long Memory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return Environment.WorkingSet;
    }
}
