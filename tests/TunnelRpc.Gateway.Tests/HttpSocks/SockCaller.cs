using System.Globalization;
using System.Net;
using System.Text;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>The four requests, one by one. Without an offset, as a client that knows nothing of them.</summary>
internal sealed class SockCaller(Uri address, string? user = null) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = TimeSpan.FromSeconds(120) };

    /// <summary>The session of all requests. Set by <see cref="OpenAsync"/>.</summary>
    public string? Session { get; set; }

    public static async Task<SockCaller> OpenAsync(Uri address, string? user = null)
    {
        var caller = new SockCaller(address, user);
        using HttpResponseMessage response = await caller.SendAsync(HttpMethod.Post);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        caller.Session = response.Headers.GetValues("X-Session").Single();
        return caller;
    }

    public Task<HttpResponseMessage> PutAsync(
        byte[] body, long? offset = null, bool eof = false, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Put, new ByteArrayContent(body), cancellationToken, ("X-Offset", offset), ("X-EOF", eof ? 1 : null));

    public Task<HttpResponseMessage> PutAsync(string text, long? offset = null) => PutAsync(Encoding.UTF8.GetBytes(text), offset);

    public Task<HttpResponseMessage> GetAsync(long? max = null, long? offset = null, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Get, null, cancellationToken, ("X-Content-Length", max), ("X-Offset", offset));

    /// <summary>Fetches once, and returns what has arrived: the status, the text and X-Offset.</summary>
    public async Task<(HttpStatusCode Status, string Text, string? Offset)> FetchAsync(long? max = null, long? offset = null)
    {
        using HttpResponseMessage response = await GetAsync(max, offset);
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text, Find(response, "X-Offset"));
    }

    public Task<HttpResponseMessage> DeleteAsync() => SendAsync(HttpMethod.Delete);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        HttpContent? content = null,
        CancellationToken cancellationToken = default,
        params (string Name, object? Value)[] fields)
    {
        using var request = new HttpRequestMessage(method, address) { Content = content };
        if (Session is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Session", Session);
        }

        if (user is not null)
        {
            request.Headers.TryAddWithoutValidation("User", user);
        }

        foreach ((string name, object? value) in fields)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }

        return await _http.SendAsync(request, cancellationToken).DefaultTimeout();
    }

    public void Dispose() => _http.Dispose();

    public static string? Find(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
}
