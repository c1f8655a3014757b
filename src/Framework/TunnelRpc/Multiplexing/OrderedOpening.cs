namespace TunnelRpc.Multiplexing;

/// <summary>The lock that an ordered call holds until its message is sent. Disposed once, which releases it.</summary>
internal readonly struct OrderedOpening(SemaphoreSlim? orderedOpenLock) : IDisposable
{
    public void Dispose() => orderedOpenLock?.Release();
}
