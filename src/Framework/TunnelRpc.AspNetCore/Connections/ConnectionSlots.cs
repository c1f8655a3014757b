namespace TunnelRpc.AspNetCore.Connections;

// Decision: docs/adr/0072-connections-below-the-descriptor-limit.md
/// <summary>The connections that all listeners of a server may hold at a time. Thread-safe.</summary>
/// <param name="configured">
/// The number; null for the one that the descriptors of the process permit when the first listener is bound.
/// </param>
internal sealed class ConnectionSlots(int? configured) : IDisposable
{
    private readonly Lazy<SemaphoreSlim?> _free = new(() =>
        (configured ?? DescriptorLimit.GetMaxConnections()) is { } count ? new SemaphoreSlim(count, count) : null);

    /// <summary>Counts what is open now. Called when a listener is bound.</summary>
    public void Initialize() => _ = _free.Value;

    /// <summary>Waits until a further connection may be accepted. The caller releases the slot exactly once.</summary>
    public Task AcquireAsync(CancellationToken cancellationToken) => _free.Value?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>A connection has been closed, or none was accepted.</summary>
    public void Release() => _free.Value?.Release();

    public void Dispose()
    {
        if (_free.IsValueCreated)
        {
            _free.Value?.Dispose();
        }
    }
}
