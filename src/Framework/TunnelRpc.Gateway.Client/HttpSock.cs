using TunnelRpc.Gateway.Client.HttpSocks;

namespace TunnelRpc.Gateway.Client;

/// <summary>
/// The client of httpsock: a byte stream in both directions that is made of HTTP requests (POST, PUT, GET and DELETE to one URL). It passes
/// every proxy that passes plain HTTP requests. docs/gateway-httpsock.md describes the wire. Thread-safe.
/// </summary>
public static class HttpSock
{
    /// <summary>
    /// Opens a stream to an endpoint that <c>MapHttpSock</c> has mapped, or to another server that knows the four requests.
    /// </summary>
    /// <param name="address">The http or https URL of the endpoint.</param>
    /// <param name="options">The options; null for the defaults. They are read during this call only.</param>
    /// <param name="cancellationToken">Ends the attempt. No effect on the open stream.</param>
    /// <returns>
    /// <para>The stream. One read and one write may be pending at a time. It has asynchronous methods only, and needs no flush.</para>
    /// <para>
    /// A read returns 0 when the server has ended the stream. Reads and writes throw <see cref="IOException"/> when the stream is broken:
    /// the server has ended it with an error, does not know it any more, or could not be reached for
    /// <see cref="HttpSockClientOptions.RetryTimeout"/>. A request whose response was lost is repeated, and no byte is lost or duplicated,
    /// if the server has offsets.
    /// </para>
    /// <para>
    /// A write completes when its bytes are in the buffer. The caller disposes the stream: DisposeAsync sends what has been written, then
    /// DELETE, and waits for both for at most <see cref="HttpSockClientOptions.CloseTimeout"/> each. Dispose starts the same without a
    /// wait.
    /// </para>
    /// </returns>
    /// <exception cref="ArgumentException">The address is not an absolute http or https URL, or an option is out of its range.</exception>
    /// <exception cref="IOException">The server could not be reached, or did not open a session.</exception>
    public static async Task<Stream> ConnectAsync(
        Uri address, HttpSockClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"Expected an absolute http or https URL, got \"{address}\".", nameof(address));
        }

        options ??= new HttpSockClientOptions();
        options.Validate();
        var requests = new HttpSockRequests(address, options);
        try
        {
            await requests.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            requests.Dispose();
            throw;
        }

        return new HttpSockPump(requests, options).Stream;
    }
}
