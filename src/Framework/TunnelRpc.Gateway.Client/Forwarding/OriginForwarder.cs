using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

// Decision: docs/adr/0093-forwarding-to-local-servers.md
/// <summary>
/// Forwards the requests for one name to a local HTTP server. It gives the response's head before its body, streams both bodies as they
/// arrive, and takes any upgrade. Thread-safe. Disposal closes the connections to the server.
/// </summary>
internal sealed class OriginForwarder : IHttpOrigin, IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly OriginMessageFactory _messages;
    private readonly Action<HttpOriginExchange>? _onExchange;
    private readonly TimeProvider _timeProvider;

    // Changed atomically.
    private long _lastId;

    /// <param name="name">The name, for the log.</param>
    /// <param name="address">The address of the server, with http or https. Its path precedes that of each request.</param>
    /// <param name="options">The options; validated.</param>
    /// <param name="timeProvider">The clock.</param>
    public OriginForwarder(string name, Uri address, HttpOriginOptions options, TimeProvider timeProvider)
    {
        Name = name;
        Address = address;
        _messages = new OriginMessageFactory(address, options);
        _onExchange = options.OnExchange;
        _timeProvider = timeProvider;
        _invoker = new HttpMessageInvoker(CreateHandler(options), disposeHandler: true);
    }

    /// <summary>The claimed name.</summary>
    public string Name { get; }

    /// <summary>The address of the server.</summary>
    public Uri Address { get; }

    /// <summary>The log. Set when the application's services exist.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <inheritdoc/>
    public async IAsyncEnumerable<HttpOriginPart> SendAsync(
        HttpOriginRequest request,
        IAsyncEnumerable<HttpOriginPart> body,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var record = new ExchangeRecord(
            this, _onExchange, request, Interlocked.Increment(ref _lastId), _timeProvider);
        var exchange = new OriginExchange(this, request, body, record);
        await using ConfiguredAsyncDisposable disposal = exchange.ConfigureAwait(false);
        yield return await exchange.StartAsync(_invoker, _messages, cancellationToken).ConfigureAwait(false);

        // An idle response holds no buffer: it is rented when there are bytes.
        while (await exchange.WaitForDataAsync(cancellationToken).ConfigureAwait(false))
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(HttpFieldRules.PieceSize);
            try
            {
                int count = await exchange.ReadAsync(buffer.AsMemory(0, HttpFieldRules.PieceSize), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                // The tunnel encodes the part before it asks for the next one.
                yield return new HttpOriginPart { Data = buffer.AsMemory(0, count) };
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        if (exchange.GetTrailers() is { } trailers)
        {
            yield return new HttpOriginPart { Trailers = trailers };
        }

        exchange.Complete();
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private static SocketsHttpHandler CreateHandler(HttpOriginOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            MaxResponseHeadersLength = options.MaxResponseHeadBytes / 1024,

            // Kestrel and most clients send UTF-8. Latin 1 keeps each byte of a response as one character.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            UseCookies = false,
            UseProxy = false,
        };
        options.ConfigureHandler?.Invoke(handler);
        handler.PlaintextStreamFilter = WrapConnections(handler.PlaintextStreamFilter);
        return handler;
    }

    /// <summary>Makes each connection of HTTP/1.1 one that sends bodies while responses are read.</summary>
    private static Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>> WrapConnections(
        Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>>? filter) =>
        async (context, cancellationToken) =>
        {
            Stream stream = filter is null
                ? context.PlaintextStream
                : await filter(context, cancellationToken).ConfigureAwait(false);
            return context.NegotiatedHttpVersion.Major == 1 ? new OriginConnection(stream) : stream;
        };
}
