using System.Net.Sockets;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Recognizes the exceptions that end a connection in normal operation.</summary>
internal static class RelayFailure
{
    public static bool IsExpected(Exception exception) =>
        exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException or MalformedHttpException;
}
