using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>
/// One request as a call of a session. For one receiver at a time; disposal cancels a call that has not ended, waits for a pending receive,
/// and returns when the body of the request is no longer used.
/// </summary>
internal sealed class TunnelCall : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<HttpOriginPart> _parts;

    // The last receive that was not complete at once. Written by the receiver, read by disposal after the receiver's last call.
    private Task _receiving = Task.CompletedTask;
    private bool _isEnded;

    public TunnelCall(IHttpOrigin stub, HttpOriginRequest head, GatewayRequest request, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Upload = request.Body is null && request.Protocol is null ? null : new RequestUpload(request);
        IAsyncEnumerable<HttpOriginPart> body = Upload?.ReadPartsAsync(CancellationToken.None) ?? NoParts.Instance;
        _parts = stub.SendAsync(head, body, _stop.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <summary>The body of the request; null for none.</summary>
    public RequestUpload? Upload { get; }

    /// <summary>The trailers of the response, after its end; null when there are none.</summary>
    public IReadOnlyList<HttpField>? Trailers { get; private set; }

    /// <summary>Sends the request, and receives the head of the response.</summary>
    /// <exception cref="TunnelException">The call has failed.</exception>
    /// <exception cref="GatewayOriginException">The first part is no head.</exception>
    public async ValueTask<HttpOriginResponse> ReceiveHeadAsync() =>
        await _parts.MoveNextAsync().ConfigureAwait(false) && _parts.Current.Head is { } head
            ? head
            : throw new GatewayOriginException(
                GatewayFailure.BadResponse, "Expected the head of a response as the first part, got another part or none.");

    /// <summary>Receives the next piece of the body; empty at its end.</summary>
    /// <exception cref="IOException">The call has failed, or a part is not one of a body.</exception>
    public ValueTask<ReadOnlyMemory<byte>> ReceiveAsync()
    {
        ValueTask<ReadOnlyMemory<byte>> receiving = ReceiveNextAsync();
        if (receiving.IsCompleted)
        {
            return receiving;
        }

        Task<ReadOnlyMemory<byte>> task = receiving.AsTask();
        _receiving = task;
        return new ValueTask<ReadOnlyMemory<byte>>(task);
    }

    /// <summary>Cancels the call.</summary>
    public void Cancel() => _stop.Cancel();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _parts.DisposeAsync().ConfigureAwait(false);
        if (Upload is not null)
        {
            await Upload.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReceiveNextAsync()
    {
        try
        {
            while (!_isEnded)
            {
                if (!await _parts.MoveNextAsync().ConfigureAwait(false))
                {
                    _isEnded = true;
                }
                else if (_parts.Current.Data is { } data && Trailers is null)
                {
                    if (data.Length > 0)
                    {
                        return data;
                    }
                }
                else if (_parts.Current.Trailers is { } trailers && Trailers is null)
                {
                    Trailers = trailers;
                }
                else
                {
                    throw new IOException("Expected pieces of the body and then trailers, got another part.");
                }
            }
        }
        catch (TunnelException failure)
        {
            throw new IOException(failure.Message, failure);
        }

        return default;
    }

    /// <summary>The body of a request without one.</summary>
    private sealed class NoParts : IAsyncEnumerable<HttpOriginPart>, IAsyncEnumerator<HttpOriginPart>
    {
        public static readonly NoParts Instance = new();

        public HttpOriginPart Current => throw new InvalidOperationException("There are no parts.");

        public IAsyncEnumerator<HttpOriginPart> GetAsyncEnumerator(CancellationToken cancellationToken) => this;

        public ValueTask<bool> MoveNextAsync() => new(false);

        public ValueTask DisposeAsync() => default;
    }
}
