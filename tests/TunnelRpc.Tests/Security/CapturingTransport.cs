using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Security;

/// <summary>An intermediary that records all bytes. It can report an outer TLS certificate.</summary>
internal sealed class CapturingTransport(ITransport inner, TransportCertificate? outer = null) : ITransport
{
    // Guarded by a lock on itself.
    private readonly List<byte> _captured = [];

    public string Name => inner.Name;

    public TransportCertificate? Outer => outer;

    /// <summary>All bytes of both directions.</summary>
    public byte[] Captured
    {
        get
        {
            lock (_captured)
            {
                return [.. _captured];
            }
        }
    }

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        new CapturingConnection(await inner.ConnectAsync(endpoint, cancellationToken), this);

    private void Capture(ReadOnlySpan<byte> bytes)
    {
        lock (_captured)
        {
            _captured.AddRange(bytes);
        }
    }

    private sealed class CapturingConnection(ITransportConnection connection, CapturingTransport tap) : ITransportConnection
    {
        public TransportConnectionInfo Info => connection.Info with { ServerCertificate = tap.Outer };

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int count = await connection.ReadAsync(buffer, cancellationToken);
            tap.Capture(buffer.Span[..count]);
            return count;
        }

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        {
            tap.Capture(data.ToArray());
            return connection.WriteAsync(data, cancellationToken);
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
