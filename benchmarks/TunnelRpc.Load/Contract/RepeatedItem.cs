using System.Diagnostics;

namespace TunnelRpc.Load.Contract;

/// <summary>
/// Returns the same item until the duration has elapsed. It is not a compiler-generated iterator, because such an iterator executes an
/// atomic exchange for each item. The raw systems create their items in a loop without this cost, so the comparison would not be fair.
/// </summary>
internal sealed class RepeatedItem<T>(T item, TimeSpan duration) : IAsyncEnumerable<T>, IAsyncEnumerator<T>
{
    private readonly long _startTimestamp = Stopwatch.GetTimestamp();
    private int _untilClockCheck;

    public T Current => item;

    /// <summary>Returns this object. It can be enumerated only once.</summary>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_untilClockCheck == 0)
        {
            if (Stopwatch.GetElapsedTime(_startTimestamp) >= duration)
            {
                return new ValueTask<bool>(false);
            }

            _untilClockCheck = Items.ClockCheckInterval;
        }

        _untilClockCheck--;
        return new ValueTask<bool>(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
