namespace TunnelRpc.Diagnostics;

/// <summary>Answers a server's probe of its client. Thread-safe.</summary>
public sealed class ProbeClient : IProbeClient
{
    /// <summary>The most bytes that one call of a probe takes: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    private long _bytes;

    /// <summary>How many bytes have come, and gone back, so far.</summary>
    public long EchoedBytes => Interlocked.Read(ref _bytes);

    /// <inheritdoc/>
    public Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Interlocked.Add(ref _bytes, payload.Length);
        return Task.FromResult(payload);
    }
}
