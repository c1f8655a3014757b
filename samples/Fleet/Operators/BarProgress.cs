using Spectre.Console;

namespace Fleet.Operators;

/// <summary>Shows each report synchronously. Progress&lt;T&gt; posts reports to the thread pool, where they may be reordered.</summary>
internal sealed class BarProgress(ProgressTask bar) : IProgress<long>
{
    public void Report(long value) => bar.Value = value;
}
