using System.Net.Sockets;
using StreamJsonRpc;

namespace TunnelRpc.Load.Peers.StreamRpc;

/// <summary>StreamJsonRpc over a socket: MessagePack, with a length before each message.</summary>
internal sealed class JsonRpcConnection : IDisposable
{
    private readonly JsonRpc _rpc;

    private JsonRpcConnection(JsonRpc rpc)
    {
        _rpc = rpc;
        Peer = rpc.Attach<IJsonRpcLoad>();
        rpc.AddLocalRpcTarget<IJsonRpcLoad>(new JsonRpcLoad(), null);
        rpc.StartListening();
    }

    /// <summary>The methods of the other side.</summary>
    public IJsonRpcLoad Peer { get; }

    /// <summary>Starts a connection that owns the socket.</summary>
    public static JsonRpcConnection Start(Socket socket)
    {
        socket.NoDelay = true;
        var stream = new NetworkStream(socket, ownsSocket: true);
        return new JsonRpcConnection(new JsonRpc(new LengthHeaderMessageHandler(stream, stream, new MessagePackFormatter())));
    }

    public void Dispose() => _rpc.Dispose();
}
