using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Sessions;

namespace TunnelRpc.Load.Servers;

/// <summary>
/// What runs in the child process: prints its ports, then answers each line of input by a line; ends with its input, so that it never outlives
/// its parent.
/// </summary>
internal static class ServerProgram
{
    /// <summary>Asks for a <see cref="Usage"/>.</summary>
    public const string UsageCommand = "usage";

    /// <summary>Asks for the bytes of memory that it holds, with nothing left to collect.</summary>
    public const string MemoryCommand = "memory";

    /// <summary>Asks to call the client; with how many calls at once, and for how many milliseconds. Answered by <see cref="Figures"/>.</summary>
    public const string CallBackCommand = "callback";

    public static async Task<int> RunAsync(string system)
    {
        ParentInput parent = ParentInput.Open();
        await using ILoadServer server = Create(system);
        int[] ports = await server.StartAsync();
        Console.WriteLine(string.Join(' ', ports));
        ParentInput.IgnoreInterrupts();
        await foreach (string command in parent.Lines)
        {
            // What calls a client that is gone with the parent might take long.
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
        _ => throw new ArgumentException($"Expected a system's name, got '{system}'.", nameof(system)),
    };

    private static async Task<string> ExecuteAsync(ILoadServer server, string[] command) => command switch
    {
        [UsageCommand] => JsonSerializer.Serialize(Usage.Now, ControlJson.Default.Usage),
        [MemoryCommand] => Memory().ToString(CultureInfo.InvariantCulture),
        [CallBackCommand, var concurrency, var milliseconds] => JsonSerializer.Serialize(
            await server.CallBackAsync(int.Parse(concurrency, CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture))),
            ControlJson.Default.Figures),
        _ => throw new ArgumentException($"Expected a command, got '{string.Join(' ', command)}'."),
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
