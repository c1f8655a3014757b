using System.Runtime.CompilerServices;

namespace Quickstart;

/// <summary>The client's implementation of the callback service.</summary>
internal sealed class Worker : IWorker
{
    public Task<string> AnswerAsync(string question, CancellationToken cancellationToken) =>
        Task.FromResult(question == "the answer?" ? "42" : $"no idea: {question}");

    public async IAsyncEnumerable<int> MeasureAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 1; i <= count; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }
}
