using System.Text;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>A response that was received to its end.</summary>
internal sealed record ReceivedResponse(HttpOriginResponse Head, byte[] Bytes, IReadOnlyList<HttpField>? Trailers)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The value of the only field of this name; null if there is none.</summary>
    public string? this[string name] => Head.Fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(f => f.Value).SingleOrDefault();
}

/// <summary>Requests of tests to an origin.</summary>
internal static class OriginTestExtensions
{
    public static HttpOriginRequest Request(
        string method = "GET", string target = "/", params (string Name, string Value)[] fields) => new()
        {
            Name = "shop",
            Method = method,
            Target = target,
            Scheme = "https",
            Version = "1.1",
            Fields = [new HttpField("Host", "shop.example"), .. fields.Select(f => new HttpField(f.Name, f.Value))],
        };

    /// <summary>Sends a request and receives the whole response.</summary>
    public static Task<ReceivedResponse> GetAsync(this IHttpOrigin origin, string target = "/") =>
        origin.SendAsync(Request(target: target));

    /// <summary>Sends a request with a body and receives the whole response.</summary>
    public static Task<ReceivedResponse> SendAsync(this IHttpOrigin origin, HttpOriginRequest request, params HttpOriginPart[] body) =>
        ReceiveAsync(origin.SendAsync(request, Parts(body), CancellationToken.None)).DefaultTimeout();

    public static HttpOriginPart Data(string text) => new() { Data = Encoding.UTF8.GetBytes(text) };

    public static async IAsyncEnumerable<HttpOriginPart> Parts(params HttpOriginPart[] parts)
    {
        foreach (HttpOriginPart part in parts)
        {
            yield return part;
        }

        await Task.CompletedTask;
    }

    private static async Task<ReceivedResponse> ReceiveAsync(IAsyncEnumerable<HttpOriginPart> response)
    {
        HttpOriginResponse? head = null;
        IReadOnlyList<HttpField>? trailers = null;
        var bytes = new MemoryStream();
        await foreach (HttpOriginPart part in response)
        {
            if (head is null)
            {
                head = part.Head ?? throw new InvalidOperationException("Expected a head first.");
            }
            else if (part.Data is { } data && trailers is null)
            {
                bytes.Write(data.Span);
            }
            else
            {
                trailers = part.Trailers ?? throw new InvalidOperationException("Expected a piece of the body or trailers.");
            }
        }

        return head is null
            ? throw new InvalidOperationException("Expected a head, got no part.")
            : new ReceivedResponse(head, bytes.ToArray(), trailers);
    }
}
