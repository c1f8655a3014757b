using System.Net.Sockets;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Which exceptions are a connection's ordinary end, all in a proxy's day.</summary>
internal static class RelayFailure
{
    public static bool IsExpected(Exception exception)
        => exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException or MalformedHttpException;
}
