using System.Buffers;
using System.Globalization;
using System.Text;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

// Decision: docs/adr/0101-bodies-beside-responses.md
/// <summary>
/// The body of one request to a server of HTTP/1.1. It is sent while the response is read, so that a response that begins before the body
/// has ended reaches the client. SocketsHttpHandler knows nothing of the body: it writes a head without one, to which the upload adds the
/// fields about content and the framing.
/// </summary>
/// <remarks>
/// Used by one exchange: created, made <see cref="Current"/> while the handler sends the request, and disposed after it. Disposal stops an
/// upload that is not complete, and closes its connection.
/// </remarks>
internal sealed class OriginUpload : IAsyncDisposable
{
    // Eight hexadecimal digits and two line ends.
    private const int MaxChunkOverhead = 12;

    private static readonly AsyncLocal<OriginUpload?> Sending = new();

    private readonly IAsyncEnumerable<HttpOriginPart>? _body;
    private readonly long? _length;
    private readonly string _contentFields;
    private readonly string[] _trailerNames;
    private readonly ExchangeRecord _record;
    private readonly CancellationTokenSource _stop = new();

    // Written by the sender of the request, before the upload starts; then by the upload.
    private readonly ArrayBufferWriter<byte> _head = new();
    private OriginConnection? _connection;
    private Task? _sending;

    // Written by the upload only; read by the writer of the next request.
    private volatile bool _isSent;

    /// <param name="body">The parts; null for a request without a body that has fields about content.</param>
    /// <param name="length">The length in bytes; null when it is unknown, for chunks (RFC 9112, 7.1).</param>
    /// <param name="contentFields">The fields about content (RFC 9110, 8), each line with its end. They have been checked.</param>
    /// <param name="trailerNames">The names of the trailers that the request has announced (RFC 9110, 6.6.2).</param>
    /// <param name="record">Counts the bytes.</param>
    public OriginUpload(
        IAsyncEnumerable<HttpOriginPart>? body, long? length, string contentFields, string[] trailerNames, ExchangeRecord record)
    {
        _body = body;
        _length = body is null ? 0 : length;
        _contentFields = contentFields;
        _trailerNames = trailerNames;
        _record = record;
    }

    /// <summary>The upload of the request that the handler sends in this asynchronous flow; null for a request without one.</summary>
    public static OriginUpload? Current
    {
        get => Sending.Value;
        set => Sending.Value = value;
    }

    /// <summary>Whether the whole body was sent, so that the connection may carry another request.</summary>
    public bool IsSent => _isSent;

    /// <summary>Why the body has not arrived from the gateway; null if it has, or if the upload was stopped.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>
    /// Takes the next bytes of the head that the handler writes. When the head is whole, the upload starts, and this returns.
    /// </summary>
    /// <exception cref="IOException">The handler repeats the request on another connection. The body is sent once.</exception>
    public void AppendHead(OriginConnection connection, Stream stream, ReadOnlySpan<byte> bytes)
    {
        if (_sending is not null)
        {
            throw new IOException("The origin has closed its connection during a request with a body, which is sent once.");
        }

        _connection = connection;
        _head.Write(bytes);
        if (_head.WrittenSpan.EndsWith("\r\n\r\n"u8))
        {
            _sending = SendAsync(stream);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_sending is not null)
        {
            await _sending.ConfigureAwait(false);
        }

        if (!_isSent)
        {
            _connection?.Abort();
        }

        _stop.Dispose();
    }

    /// <summary>Sends the request. Does not fail.</summary>
    private async Task SendAsync(Stream stream)
    {
        byte[] head = Frame(_head.WrittenSpan);
        try
        {
            if (_body is null)
            {
                if (await TryWriteAsync(stream, head).ConfigureAwait(false))
                {
                    _isSent = true;
                }

                return;
            }

            IAsyncEnumerator<HttpOriginPart> parts = _body.GetAsyncEnumerator(_stop.Token);
            await using (parts.ConfigureAwait(false))
            {
                await SendBodyAsync(stream, head, parts).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            if (!_isSent)
            {
                // Without its end the server must not process the request.
                Failure = _stop.IsCancellationRequested ? null : error;
                _connection!.Abort();
            }
        }
    }

    private async Task SendBodyAsync(Stream stream, byte[] head, IAsyncEnumerator<HttpOriginPart> parts)
    {
        Task<bool> first = parts.MoveNextAsync().AsTask();
        if (!first.IsCompleted)
        {
            // The server gets the head before the body has begun.
            if (!await TryWriteAsync(stream, head).ConfigureAwait(false))
            {
                await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            head = [];
        }

        long sent = 0;
        IReadOnlyList<HttpField>? trailers = null;
        bool any = await first.ConfigureAwait(false);
        while (any)
        {
            trailers = parts.Current.Trailers ?? trailers;
            if (parts.Current.Data is { Length: > 0 } data)
            {
                sent += data.Length;
                if (sent > _length)
                {
                    throw new TunnelException(TunnelStatus.InvalidArgument, $"Expected a body of {_length} bytes, got more.");
                }

                _record.AddRequestBytes(data.Length);
                if (!await TryWritePieceAsync(stream, head, data).ConfigureAwait(false))
                {
                    return;
                }

                head = [];
                if (sent == _length)
                {
                    // The server may respond now, and its connection may carry the next request.
                    _isSent = true;
                }
            }

            any = await parts.MoveNextAsync().ConfigureAwait(false);
        }

        if (sent < _length)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, $"Expected a body of {_length} bytes, got {sent}.");
        }

        byte[] end = [.. head, .. _length is null ? FormatEnd(trailers) : []];
        if (end.Length == 0 || await TryWriteAsync(stream, end).ConfigureAwait(false))
        {
            _isSent = true;
        }
    }

    /// <summary>Writes a piece of the body after what is left of the head, as a chunk if the length is unknown.</summary>
    private async ValueTask<bool> TryWritePieceAsync(Stream stream, byte[] head, ReadOnlyMemory<byte> data)
    {
        if (head.Length == 0 && _length is not null)
        {
            return await TryWriteAsync(stream, data).ConfigureAwait(false);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(head.Length + data.Length + MaxChunkOverhead);
        try
        {
            head.CopyTo(buffer, 0);
            int count = head.Length;
            if (_length is null)
            {
                data.Length.TryFormat(buffer.AsSpan(count), out int digits, "x", CultureInfo.InvariantCulture);
                count += digits;
                "\r\n"u8.CopyTo(buffer.AsSpan(count));
                count += 2;
            }

            data.Span.CopyTo(buffer.AsSpan(count));
            count += data.Length;
            if (_length is null)
            {
                "\r\n"u8.CopyTo(buffer.AsSpan(count));
                count += 2;
            }

            return await TryWriteAsync(stream, buffer.AsMemory(0, count)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Writes and flushes. Returns false when the server no longer reads: it may have sent a response nevertheless, which is then read.
    /// </summary>
    private async ValueTask<bool> TryWriteAsync(Stream stream, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.WriteAsync(bytes, _stop.Token).ConfigureAwait(false);
            await stream.FlushAsync(_stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Makes the head of a request with this body from one without: the handler may have added "Content-Length: 0".</summary>
    private byte[] Frame(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> noLength = "\r\nContent-Length: 0\r\n"u8;
        var framed = new ArrayBufferWriter<byte>(head.Length + 128);
        ReadOnlySpan<byte> fields = head[..^2];
        int index = fields.IndexOf(noLength);
        if (index >= 0)
        {
            framed.Write(fields[..(index + 2)]);
            fields = fields[(index + noLength.Length)..];
        }

        framed.Write(fields);
        string framing = _length is { } length
            ? string.Create(CultureInfo.InvariantCulture, $"{_contentFields}Content-Length: {length}\r\n\r\n")
            : $"{_contentFields}Transfer-Encoding: chunked\r\n\r\n";
        Encoding.UTF8.GetBytes(framing, framed);
        return framed.WrittenSpan.ToArray();
    }

    /// <summary>The last chunk and those trailers that the request has announced.</summary>
    private byte[] FormatEnd(IReadOnlyList<HttpField>? trailers)
    {
        var text = new StringBuilder("0\r\n");
        foreach (HttpField field in trailers ?? [])
        {
            if (OriginTrailers.IsAllowed(field, _trailerNames))
            {
                text.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");
            }
        }

        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }
}
