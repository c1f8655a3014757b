using System.Collections.Concurrent;

namespace TunnelRpc.Lab.Gateway;

/// <summary>What an application behind the gateway keeps, and by which tests wait for it. Thread-safe.</summary>
internal sealed class ShopState
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Changed atomically.
    private int _meeting;

    public ConcurrentDictionary<int, ShopItem> Items { get; } = new();

    /// <summary>Released by a test for each server-sent event.</summary>
    public SemaphoreSlim NextEvent { get; } = new(0);

    /// <summary>Released for each request that waits, or streams, until it is aborted.</summary>
    public SemaphoreSlim Started { get; } = new(0);

    /// <summary>Released when such a request was aborted.</summary>
    public SemaphoreSlim Aborted { get; } = new(0);

    /// <summary>Released when a download was written to its end.</summary>
    public SemaphoreSlim Written { get; } = new(0);

    /// <summary>The requests that have to be in progress at once before the first completes.</summary>
    public int Expected { get; set; } = 1_000;

    /// <summary>Waits until <see cref="Expected"/> requests are in progress.</summary>
    public Task MeetAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _meeting) == Expected)
        {
            _all.SetResult();
        }

        return _all.Task.WaitAsync(cancellationToken);
    }
}

/// <summary>An item of the JSON interface.</summary>
internal sealed record ShopItem(int Id, string Name);

/// <summary>What the application knows of a request.</summary>
internal sealed record SeenRequest(string Scheme, string Host, string? Remote, string PathBase, string Path, string Session);
