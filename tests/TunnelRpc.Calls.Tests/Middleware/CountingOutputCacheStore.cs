using Microsoft.AspNetCore.OutputCaching;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>An output cache that stores nothing and counts what it was asked to store. Thread-safe.</summary>
internal sealed class CountingOutputCacheStore : IOutputCacheStore
{
    private int _stored;

    public int Stored => Volatile.Read(ref _stored);

    public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => default;

    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _stored);
        return ValueTask.CompletedTask;
    }
}
