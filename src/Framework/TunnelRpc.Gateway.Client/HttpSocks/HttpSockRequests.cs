using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace TunnelRpc.Gateway.Client.HttpSocks;

/// <summary>
/// The requests of one session of httpsock, each repeated while its response is lost. One PUT and one GET at a time. The id of the session
/// is in no error and no URL.
/// </summary>
internal sealed class HttpSockRequests : IDisposable
{
    /// <summary>The least time between two requests that transfer nothing, for servers that do not hold requests.</summary>
    public static readonly TimeSpan MinPoll = TimeSpan.FromSeconds(1);

    private const int MaxSessionLength = 512;
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(2);

    private readonly Uri _address;
    private readonly HttpMessageInvoker _invoker;
    private readonly KeyValuePair<string, string>[] _headers;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _requestTimeout;
    private readonly TimeSpan _retryTimeout;

    // Set by OpenAsync, before any other request.
    private string _session = "";
    private bool _hasOffsets;

    /// <param name="address">The URL of the endpoint.</param>
    /// <param name="options">The options, which are valid.</param>
    public HttpSockRequests(Uri address, HttpSockClientOptions options)
    {
        _address = address;
        _headers = [.. options.Headers];
        _timeProvider = options.TimeProvider;
        _requestTimeout = options.RequestTimeout;
        _retryTimeout = options.RetryTimeout;
        _invoker = new HttpMessageInvoker(options.Handler ?? CreateHandler(), disposeHandler: options.Handler is null);
    }

    /// <summary>Opens the session. Not repeated.</summary>
    /// <exception cref="IOException">The server could not be reached, or did not open a session.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_requestTimeout, _timeProvider);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = Create(HttpMethod.Post);
            using HttpResponseMessage response = await _invoker.SendAsync(request, ended.Token).ConfigureAwait(false);
            string? session = Find(response, HttpSockFields.Session);
            if (response.StatusCode != HttpStatusCode.Created || string.IsNullOrEmpty(session) || session.Length > MaxSessionLength)
            {
                throw new IOException(
                    $"Expected {_address} to open a session with the status 201 and the field X-Session, got the status "
                    + $"{(int)response.StatusCode}{(session is null ? "" : " and a session")}.");
            }

            _session = session;
            _hasOffsets = Find(response, HttpSockFields.Offset) is not null;
        }
        catch (HttpRequestException failed)
        {
            throw new IOException($"Expected {_address} to open a session, but the request failed: {failed.Message}", failed);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"Expected {_address} to open a session within {_requestTimeout} (RequestTimeout), got no response.");
        }
    }

    /// <summary>Sends bytes.</summary>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="body">The bytes; at least one.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The offset up to which the server has accepted the stream: that of the last byte, or an earlier one.</returns>
    /// <exception cref="IOException">The stream is broken.</exception>
    public Task<long> PutAsync(long offset, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        RepeatAsync(
            async ended =>
            {
                using HttpRequestMessage request = Create(HttpMethod.Put);
                request.Content = new ReadOnlyMemoryContent(body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                AddOffset(request, offset);
                using HttpResponseMessage response = await _invoker.SendAsync(request, ended).ConfigureAwait(false);
                ThrowIfRefused(response, HttpStatusCode.NoContent);
                return GetAccepted(response, offset, body.Length);
            },
            cancellationToken);

    /// <summary>Requests bytes and appends them to a buffer.</summary>
    /// <param name="input">Has capacity for the bytes that are requested, and no other writer.</param>
    /// <param name="max">The most bytes; at least 1.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>False when the stream has ended.</returns>
    /// <exception cref="IOException">The stream is broken.</exception>
    public async Task<bool> GetAsync(OffsetBuffer input, int max, CancellationToken cancellationToken)
    {
        long before = input.End;
        long started = _timeProvider.GetTimestamp();
        bool hasEnded = await RepeatAsync(
            async ended =>
            {
                using HttpRequestMessage request = Create(HttpMethod.Get);
                long offset = input.End;
                int remaining = max - (int)(offset - before);
                if (remaining == 0)
                {
                    // The whole body has arrived, and only its end was lost.
                    return false;
                }

                request.Headers.Add(HttpSockFields.ContentLength, remaining.ToString(CultureInfo.InvariantCulture));
                AddOffset(request, offset);
                using HttpResponseMessage response = await _invoker.SendAsync(request, ended).ConfigureAwait(false);
                ThrowIfRefused(response, HttpStatusCode.NoContent, HttpStatusCode.OK);
                if (response.StatusCode == HttpStatusCode.NoContent)
                {
                    return false;
                }

                if (Find(response, HttpSockFields.Offset) is { } text && (!HttpSockFields.TryParse(text, out long at) || at != offset))
                {
                    throw new HttpSockBrokenException($"Expected the bytes from offset {offset} on, got an X-Offset of another one.");
                }

                await ReadBodyAsync(response, input, remaining, ended).ConfigureAwait(false);
                return input.End == offset && Find(response, HttpSockFields.EndOfFile) == "1";
            },
            cancellationToken).ConfigureAwait(false);
        if (!hasEnded && input.End == before && _timeProvider.GetElapsedTime(started) < MinPoll)
        {
            await Task.Delay(MinPoll, _timeProvider, cancellationToken).ConfigureAwait(false);
        }

        return !hasEnded;
    }

    /// <summary>Closes the session. A failure has no effect: the server then ends the session after its idle timeout.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage request = Create(HttpMethod.Delete);
            using HttpResponseMessage response = await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is HttpRequestException or OperationCanceledException or IOException)
        {
            // See above.
        }
    }

    public void Dispose() => _invoker.Dispose();

    private static SocketsHttpHandler CreateHandler() => new()
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(15),
    };

    private static string? Find(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    /// <summary>Statuses of a server or an intermediary that could not process the request this time.</summary>
    private static bool IsTransient(HttpStatusCode status) => status is
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
        or HttpStatusCode.GatewayTimeout;

    private static void ThrowIfRefused(HttpResponseMessage response, params ReadOnlySpan<HttpStatusCode> expected)
    {
        if (expected.Contains(response.StatusCode))
        {
            return;
        }

        string message = response.StatusCode switch
        {
            HttpStatusCode.NotFound => "The server does not know the session: it has expired, or the server was restarted (status 404).",
            HttpStatusCode.Gone => "The server has ended the stream (status 410).",
            HttpStatusCode.Conflict => "The server does not have the bytes of this offset any more (status 409).",
            _ => $"Expected the status {string.Join(" or ", expected.ToArray().Select(s => (int)s))}, got {(int)response.StatusCode}.",
        };
        throw IsTransient(response.StatusCode) ? new IOException(message) : new HttpSockBrokenException(message);
    }

    private static async Task ReadBodyAsync(
        HttpResponseMessage response, OffsetBuffer input, int max, CancellationToken cancellationToken)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        byte[] chunk = new byte[Math.Min(max, 16 << 10)];
        while (true)
        {
            int count = await body.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return;
            }

            max -= count;
            if (max < 0)
            {
                throw new HttpSockBrokenException("Expected at most as many bytes as X-Content-Length requested, got more.");
            }

            // The buffer has capacity for all of them, so this does not wait.
            await input.WriteAsync(chunk.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    private long GetAccepted(HttpResponseMessage response, long offset, int length)
    {
        if (!_hasOffsets || Find(response, HttpSockFields.Offset) is not { } text)
        {
            return offset + length;
        }

        return HttpSockFields.TryParse(text, out long accepted) && accepted >= offset && accepted <= offset + length
            ? accepted
            : throw new HttpSockBrokenException(
                $"Expected the server to have accepted bytes from {offset} to {offset + length}, got an X-Offset outside of that.");
    }

    /// <summary>Repeats a request while its response is lost, for <see cref="HttpSockClientOptions.RetryTimeout"/>.</summary>
    /// <param name="attempt">Sends the request once. Its token is cancelled at the timeout of the request.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    private async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        long? failingSince = null;
        TimeSpan delay = FirstRetryDelay;
        while (true)
        {
            Exception lost;
            try
            {
                using var timeout = new CancellationTokenSource(_requestTimeout, _timeProvider);
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
                return await attempt(ended.Token).ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is HttpRequestException or IOException and not HttpSockBrokenException)
            {
                lost = failed;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                lost = new TimeoutException($"There was no response within {_requestTimeout} (RequestTimeout).");
            }

            failingSince ??= _timeProvider.GetTimestamp();
            if (!_hasOffsets || _timeProvider.GetElapsedTime(failingSince.Value) >= _retryTimeout)
            {
                throw new HttpSockBrokenException(
                    _hasOffsets
                        ? $"The server could not be reached for {_retryTimeout} (RetryTimeout): {lost.Message}"
                        : $"A response was lost, and the server has no offsets, so the request cannot be repeated: {lost.Message}",
                    lost);
            }

            await Task.Delay(delay, _timeProvider, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
        }
    }

    private HttpRequestMessage Create(HttpMethod method)
    {
        var request = new HttpRequestMessage(method, _address);
        foreach ((string name, string value) in _headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (_session.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(HttpSockFields.Session, _session);
        }

        return request;
    }

    private void AddOffset(HttpRequestMessage request, long offset)
    {
        if (_hasOffsets)
        {
            request.Headers.Add(HttpSockFields.Offset, offset.ToString(CultureInfo.InvariantCulture));
        }
    }
}
