using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Claims;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>
/// A request on the server's side, with its response. Both bodies are buffered whole. A duplicated request has two of these objects.
/// </summary>
internal sealed class SimExchange : IHttpExchange, IDisposable
{
    private readonly Dictionary<string, string> _requestHeaders;
    private readonly Dictionary<string, string> _responseHeaders = new(StringComparer.OrdinalIgnoreCase);
    private readonly MemoryStream _response = new();
    private readonly CancellationTokenSource _aborted = new();
    private int _status = 200;

    public SimExchange(string method, string subPath, Dictionary<string, string> headers, byte[] body)
    {
        Method = method;
        SubPath = subPath;
        _requestHeaders = headers;
        RequestBody = PipeReader.Create(new ReadOnlySequence<byte>(body));
        ResponseBody = PipeWriter.Create(_response, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public string Method { get; }

    public string SubPath { get; }

    public string Origin => "http://simulated.invalid";

    public string Protocol => "HTTP/1.1";

    public ClaimsPrincipal? User => null;

    public string? RemoteEndPoint => "client";

    public bool CanUpgrade => false;

    public string? ConnectProtocol => null;

    public PipeReader RequestBody { get; }

    public PipeWriter ResponseBody { get; }

    public CancellationToken RequestAborted => _aborted.Token;

    /// <summary>Whether either side has aborted the exchange.</summary>
    public bool WasAborted => _aborted.IsCancellationRequested;

    public string? GetRequestHeader(string name) => _requestHeaders.GetValueOrDefault(name);

    public void SetStatusCode(int status) => _status = status;

    public void SetResponseHeader(string name, string value) => _responseHeaders[name] = value;

    public async ValueTask StartResponseAsync(CancellationToken cancellationToken) =>
        await ResponseBody.FlushAsync(cancellationToken).ConfigureAwait(false);

    public void DisableRequestLimits()
    {
        // A simulated exchange has no limits.
    }

    public ValueTask<Stream> UpgradeAsync(string protocol, CancellationToken cancellationToken) =>
        throw new TransportException("A simulated exchange cannot be upgraded.");

    public ValueTask<Stream> AcceptConnectAsync(CancellationToken cancellationToken) =>
        throw new TransportException("A simulated exchange does not support CONNECT.");

    public void Abort() => _aborted.Cancel();

    /// <summary>The response; called when the exchange has completed.</summary>
    public async Task<HttpResponseMessage> ToResponseAsync()
    {
        await ResponseBody.FlushAsync().ConfigureAwait(false);
        var response = new HttpResponseMessage((HttpStatusCode)_status)
        {
            Content = new ByteArrayContent(_response.ToArray()),
            Version = HttpVersion.Version11,
        };
        foreach ((string name, string value) in _responseHeaders)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Method} {SubPath}: {_status}");

    public void Dispose()
    {
        _response.Dispose();
        _aborted.Dispose();
    }
}
