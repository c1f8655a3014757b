using System.Net;
using System.Net.Sockets;
using TunnelRpc.Gateway.Messages;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>
/// Sends one request on a connection of its own. No redirection is followed, and nothing is kept: no cookies, no credentials, no
/// connection. Stateless.
/// </summary>
internal static class RelayHttpClient
{
    /// <summary>Sends a request and reads its response.</summary>
    /// <param name="endPoints">The addresses of the target; not empty. The first one that accepts the connection gets the request.</param>
    /// <param name="message">The request, which asks to close the connection.</param>
    /// <param name="method">Its method.</param>
    /// <param name="maxBodyBytes">The maximum size of the response's body in bytes.</param>
    /// <param name="cancellationToken">Ends the exchange and its connection.</param>
    /// <returns>The response; null when its body is larger than <paramref name="maxBodyBytes"/>.</returns>
    /// <exception cref="SocketException">No address accepts the connection.</exception>
    /// <exception cref="IOException">The connection broke, or ended inside the body.</exception>
    /// <exception cref="Transports.Http1.MalformedHttpException">The target does not answer with HTTP.</exception>
    public static async ValueTask<HttpMessage?> SendAsync(
        IReadOnlyList<IPEndPoint> endPoints, byte[] message, string method, int maxBodyBytes, CancellationToken cancellationToken)
    {
        Stream stream = new NetworkStream(await ConnectAsync(endPoints, cancellationToken).ConfigureAwait(false), ownsSocket: true);
        await using (stream.ConfigureAwait(false))
        {
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

            // The target may answer before it has read the whole request, and close: the response counts, not the failure of the write.
            Task write = stream.WriteAsync(message, ended.Token).AsTask();
            try
            {
                return await HttpResponseReader.ReadAsync(stream, method, maxBodyBytes, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async ValueTask<Socket> ConnectAsync(IReadOnlyList<IPEndPoint> endPoints, CancellationToken cancellationToken)
    {
        for (int index = 0; ; index++)
        {
            Socket socket = new(endPoints[index].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(endPoints[index], cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException) when (index + 1 < endPoints.Count)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
