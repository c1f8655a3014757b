namespace TunnelRpc.Calls.Tests.InMemory;

internal sealed class Visitor : IVisitor
{
    public Task<string> AnswerAsync(string question, CancellationToken cancellationToken) => Task.FromResult($"{question} Yes.");
}
