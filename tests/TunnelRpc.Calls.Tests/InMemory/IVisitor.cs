namespace TunnelRpc.Calls.Tests.InMemory;

/// <summary>The contract of the application's clients.</summary>
[TunnelService]
public partial interface IVisitor
{
    Task<string> AnswerAsync(string question, CancellationToken cancellationToken = default);
}
