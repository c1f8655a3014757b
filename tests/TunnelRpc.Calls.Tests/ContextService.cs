using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests;

/// <summary>Returns the contents of the call context. Signals cancellation to the test by the name of the call.</summary>
internal sealed class ContextService : IContextService
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _cancelled = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _released = new();

    /// <summary>Completes when the token of the call with this name is cancelled.</summary>
    public Task Cancelled(string name) => Signal(_cancelled, name).Task;

    /// <summary>Completes the call with this name.</summary>
    public void Release(string name) => Signal(_released, name).TrySetResult();

    public async Task<Dictionary<string, string>> HeadersAsync()
    {
        await Task.Yield();
        TunnelCallContext call = TunnelCallContext.Current!;
        call.Trailers["count"] = call.Headers.Count.ToString(CultureInfo.InvariantCulture);
        return new Dictionary<string, string>(call.Headers);
    }

    public async Task<string[]> DescribeAsync()
    {
        await Task.Yield();
        TunnelCallContext call = TunnelCallContext.Current!;
        return [call.Method.Name, call.SessionId, call.Transport, call.Priority.ToString()];
    }

    public Task FailWithTrailersAsync()
    {
        TunnelCallContext.Current!.Trailers["why"] = "because";
        throw new TunnelException(TunnelStatus.NotFound, "nothing there");
    }

    public Task<int> SetBrokenTrailersAsync(bool fails)
    {
        TunnelCallContext.Current!.Trailers["broken"] = "\ud800";
        return fails ? throw new TunnelException(TunnelStatus.NotFound, "nothing there") : Task.FromResult(1);
    }

    public async IAsyncEnumerable<int> CountWithTrailersAsync(int count, bool fails)
    {
        TunnelCallContext call = TunnelCallContext.Current!;
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }

        call.Trailers["sum"] = (count * (count - 1) / 2).ToString(CultureInfo.InvariantCulture);
        if (fails)
        {
            throw new TunnelException(TunnelStatus.DataLoss, "torn");
        }
    }

    public Task<double?> RemainingAsync() => Task.FromResult(TunnelCallContext.Current!.RemainingTime?.TotalMilliseconds);

    public Task<double?> RemainingWithDeclaredTimeoutAsync() => RemainingAsync();

    public Task<double?> RemainingInCallbackAsync() => TunnelCallContext.Current!.GetCallback<IContextService>().RemainingAsync();

    public Task BlockAsync(string name, CancellationToken cancellationToken) => WaitForCancellationAsync(name, cancellationToken);

    public Task BlockWithTimeoutAsync(string name, CancellationToken cancellationToken) =>
        WaitForCancellationAsync(name, cancellationToken);

    public Task IgnoreCancellationAsync(string name) => Signal(_released, name).Task;

    public async IAsyncEnumerable<int> BlockAfterAsync(int count, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }

        await WaitForCancellationAsync(name, cancellationToken);
    }

    public async Task<int> CollectAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (int _ in numbers.WithCancellation(cancellationToken))
        {
            count++;
        }

        return count;
    }

    public Task<int> ReserveAsync(string item) =>
        throw new TunnelFaultException<OutOfStock>(new OutOfStock(item, 3, ["a", "b"]), TunnelStatus.NotFound, "no more");

    public async IAsyncEnumerable<int> ReserveManyAsync(string item)
    {
        yield return 1;
        await Task.Yield();
        throw new TunnelFaultException<OutOfStock>(new OutOfStock(item, 0, []));
    }

    public Task UndeclaredAsync() =>
        throw new TunnelFaultException<Undeclared>(new Undeclared(7), TunnelStatus.Aborted, "not in the contract");

    private async Task WaitForCancellationAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            Signal(_cancelled, name).TrySetResult();
        }
    }

    private static TaskCompletionSource Signal(ConcurrentDictionary<string, TaskCompletionSource> signals, string name) =>
        signals.GetOrAdd(name, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
