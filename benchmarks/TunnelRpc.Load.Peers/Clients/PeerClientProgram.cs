using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Peers.Clients;

/// <summary>
/// The client in a child process. After its first call it prints a line, and then one line of output for each line of input. It ends when
/// its input closes, so that it never outlives its parent.
/// </summary>
internal static class PeerClientProgram
{
    public static async Task<int> RunAsync(IPeerClient client)
    {
        ParentInput parent = ParentInput.Open();
        await using (client)
        {
            await client.CallAsync();
            Console.WriteLine(0);
            ParentInput.IgnoreInterrupts();
            await foreach (string command in parent.Lines)
            {
                Console.WriteLine(await ExecuteAsync(client, command.Split(' ')).WaitAsync(parent.Closed));
            }
        }

        return 0;
    }

    /// <summary>The client of a cold start, as <see cref="Load.Clients.ClientProgram"/>.</summary>
    public static async Task<int> RunAsync(IPeerClient client, TimeSpan duration)
    {
        ParentInput.Open().Closed.UnsafeRegister(_ => Environment.Exit(1), null);
        await using (client)
        {
            await client.CallAsync();
            Console.WriteLine(0);
            ParentInput.IgnoreInterrupts();
            if (duration > TimeSpan.Zero)
            {
                Console.WriteLine(JsonSerializer.Serialize(
                    await client.CallAsync(UnaryMeasure.DefaultConcurrency, duration), ControlJson.Default.Figures));
            }
        }

        return 0;
    }

    private static async Task<string> ExecuteAsync(IPeerClient client, string[] command) => command switch
    {
        [PeerCommands.Usage] => JsonSerializer.Serialize(Usage.Now, ControlJson.Default.Usage),
        [PeerCommands.Call, var concurrency, var milliseconds] => JsonSerializer.Serialize(
            await client.CallAsync(int.Parse(concurrency, CultureInfo.InvariantCulture), Milliseconds(milliseconds)),
            ControlJson.Default.Figures),
        [PeerCommands.DownloadItems, var milliseconds] => await CountAsync(client.DownloadItemsAsync, Milliseconds(milliseconds)),
        [PeerCommands.UploadItems, var milliseconds] => await CountAsync(client.UploadItemsAsync, Milliseconds(milliseconds)),
        [PeerCommands.DownloadBytes] => await CompleteAsync(client.DownloadBytesAsync()),
        [PeerCommands.UploadBytes] => await CompleteAsync(client.UploadBytesAsync()),
        _ => throw new ArgumentException($"Expected a command of {nameof(PeerCommands)}, got '{string.Join(' ', command)}'."),
    };

    private static TimeSpan Milliseconds(string text) => TimeSpan.FromMilliseconds(int.Parse(text, CultureInfo.InvariantCulture));

    private static async Task<string> CountAsync(Func<TimeSpan, Task<long>> run, TimeSpan duration)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        long count = await run(duration);
        return JsonSerializer.Serialize(
            new StreamFigures(count, Stopwatch.GetElapsedTime(startTimestamp)), ControlJson.Default.StreamFigures);
    }

    private static async Task<string> CompleteAsync(Task transfer)
    {
        await transfer;
        return string.Empty;
    }
}
