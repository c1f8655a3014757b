using System.Buffers;
using System.Net.Sockets;
using TunnelRpc.Transports;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>The bytes of an upgraded connection on a socket that the test opened. Disposal closes the stream.</summary>
internal sealed class SocketConnection(NetworkStream stream, CancellationToken stopping) : ITransportConnection
{
    public TransportConnectionInfo Info { get; } = new("upgrade");

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        await stream.ReadAsync(buffer, stopping);

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        await stream.WriteAsync(data.ToArray(), stopping);

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
