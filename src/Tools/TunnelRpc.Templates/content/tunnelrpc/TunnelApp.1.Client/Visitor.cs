using TunnelApp._1.Contracts;

namespace TunnelApp._1.Client;

/// <summary>Serves the calls of the server.</summary>
public sealed class Visitor(string language) : IVisitor
{
    public Task<string> GetLanguageAsync(CancellationToken cancellationToken) => Task.FromResult(language);
}
