using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Attacks;

/// <summary>An attacker in a child process. It prints the bytes per second that it has sent, and ends.</summary>
internal static class AttackProgram
{
    public static async Task<int> RunAsync(string attack, string port, string seconds)
    {
        ParentInput.Open().Closed.UnsafeRegister(_ => Environment.Exit(1), null);
        ParentInput.IgnoreInterrupts();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        var attacker = new Attacker(int.Parse(port, CultureInfo.InvariantCulture), end.Token);
        long start = Stopwatch.GetTimestamp();
        try
        {
            await Task.WhenAny(AttackList.All[attack](attacker), Task.Delay(Timeout.Infinite, end.Token));
        }
        catch (Exception) when (end.IsCancellationRequested)
        {
            // The attack has ended.
        }

        await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Console.WriteLine((attacker.Relay.SentBytes / Stopwatch.GetElapsedTime(start).TotalSeconds).ToString(CultureInfo.InvariantCulture));

        // What the attacker has opened ends with the process.
        Environment.Exit(0);
        return 0;
    }
}
