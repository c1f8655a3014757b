using System.Text;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// What a streamed answer begins with, and what is no part of the connection's bytes: enough to get past what holds the first
/// kilobytes back, and a mark by which the client knows that it is the server that answers.
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

    /// <summary>What the server sends.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Reads it on the other side.</summary>
    /// <exception cref="TransportException">The answer broke, or does not begin so.</exception>
    public async ValueTask ReadAndVerifyAsync(Stream response, CancellationToken cancellationToken)
    {
        byte[] got = new byte[SizeBytes];
        int read;
        try
        {
            read = await response.ReadAtLeastAsync(got, got.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException($"{_transport}: the answer broke at its beginning: {exception.Message}", exception);
        }

        if (!got.AsSpan(0, read).SequenceEqual(_bytes))
        {
            throw new TransportException($"{_transport}: the answer does not begin as a tunnel's does: something on the way answered in the server's place or changed the answer, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsPermanent = true,
            };
        }
    }
}
