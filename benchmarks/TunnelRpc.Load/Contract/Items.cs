using System.Diagnostics;

namespace TunnelRpc.Load.Contract;

/// <summary>Streams of small items.</summary>
internal static class Items
{
    /// <summary>How many go between two looks at the clock.</summary>
    public const int Turn = 64;

    /// <summary>The same item again and again, for so long.</summary>
    public static async IAsyncEnumerable<Sample> For(TimeSpan duration)
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            for (int i = 0; i < Turn; i++)
            {
                yield return Sample.One;
            }
        }

        await Task.CompletedTask;
    }
}
