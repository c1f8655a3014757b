using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using TunnelRpc.Gateway.Messages;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>The parameters of a registration: those of the body, and then those of the query. Immutable.</summary>
internal sealed class RelayForm
{
    private const int MaxBodyBytes = 8 * 1024;

    private readonly Dictionary<string, StringValues> _body;
    private readonly IQueryCollection _query;

    private RelayForm(Dictionary<string, StringValues> body, IQueryCollection query)
    {
        _body = body;
        _query = query;
    }

    /// <summary>Reads the parameters of a request. Returns null when its body is larger than 8 KiB.</summary>
    public static async ValueTask<RelayForm?> ReadAsync(HttpContext context)
        => await BodyReader.ReadAsync(context, MaxBodyBytes).ConfigureAwait(false) is { } body
            ? new RelayForm(QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body)), context.Request.Query)
            : null;

    /// <summary>Returns the first value of a parameter; null when it is missing or empty.</summary>
    public string? Find(string name)
    {
        string? value = _body.TryGetValue(name, out StringValues ofBody) && ofBody.Count > 0 ? ofBody[0] : _query[name].FirstOrDefault();
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
