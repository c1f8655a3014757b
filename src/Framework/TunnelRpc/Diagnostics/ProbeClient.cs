namespace TunnelRpc.Diagnostics;

/// <summary>The implementation of <see cref="IProbeClient"/>. It counts the bytes. Thread-safe.</summary>
public sealed class ProbeClient : IProbeClient
{
    /// <summary>The maximum payload of one call of <see cref="IProbe"/>, in bytes: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    // Changed atomically.
    private long _bytes;

    /// <summary>The number of bytes that were returned by all calls.</summary>
    public long EchoedBytes => Interlocked.Read(ref _bytes);

    /// <inheritdoc/>
    public Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Interlocked.Add(ref _bytes, payload.Length);
        return Task.FromResult(payload);
    }
}
