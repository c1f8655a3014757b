using System.Text;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// The first bytes of a streamed response, before the connection's bytes. They are large enough to pass intermediaries that buffer the
/// first kilobytes, and they identify the server to the client. Immutable and thread-safe.
/// </summary>
internal sealed class Preamble
{
    private const int SizeBytes = 2048;

    private readonly byte[] _bytes = new byte[SizeBytes];
    private readonly string _transport;

    public Preamble(string transport)
    {
        _transport = transport;
        Encoding.ASCII.GetBytes($"TunnelRpc {transport} 1\r\n", _bytes);
    }

    /// <summary>The bytes that the server sends.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Reads the preamble on the client and compares it.</summary>
    /// <exception cref="TransportException">The response broke or does not start with the preamble.</exception>
    public async ValueTask ReadAndVerifyAsync(Stream response, CancellationToken cancellationToken)
    {
        byte[] actual = new byte[SizeBytes];
        int read;
        try
        {
            read = await response.ReadAtLeastAsync(actual, actual.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException(
                $"{_transport}: the response broke in its first {SizeBytes} bytes: {exception.Message}", exception);
        }

        if (!actual.AsSpan(0, read).SequenceEqual(_bytes))
        {
            throw new TransportException(
                $"{_transport}: the response does not start with a tunnel's preamble: an intermediary responded in the server's place or "
                    + "changed the response, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsPermanent = true,
            };
        }
    }
}
