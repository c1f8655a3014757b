using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Security;

/// <summary>What stands on the way and keeps what passes. May claim to have seen an outer TLS.</summary>
internal sealed class CapturingTransport(ITransport inner, TransportCertificate? outer = null) : ITransport
{
    // Locked by itself.
    private readonly List<byte> _captured = [];

    public string Name => inner.Name;

    public TransportCertificate? Outer => outer;

    /// <summary>Everything that passed, both ways.</summary>
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
