using System.Diagnostics;

namespace TunnelRpc.Load.Contract;

/// <summary>
/// The same item again and again, for so long. Written by hand: an iterator of the compiler's exchanges a field atomically for each element,
/// which would be measured here and not in the raw program, whose items come from a loop.
/// </summary>
internal sealed class Items(TimeSpan duration) : IAsyncEnumerable<Sample>, IAsyncEnumerator<Sample>
{
    /// <summary>How many go between two looks at the clock.</summary>
    public const int ClockCheckInterval = 64;

    private readonly long _startTimestamp = Stopwatch.GetTimestamp();
    private int _untilClockCheck;

    public Sample Current => Sample.One;

    public static IAsyncEnumerable<Sample> For(TimeSpan duration) => new Items(duration);

    /// <summary>Once.</summary>
    public IAsyncEnumerator<Sample> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_untilClockCheck == 0)
        {
            if (Stopwatch.GetElapsedTime(_startTimestamp) >= duration)
            {
                return new ValueTask<bool>(false);
            }

            _untilClockCheck = ClockCheckInterval;
        }

        _untilClockCheck--;
        return new ValueTask<bool>(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
