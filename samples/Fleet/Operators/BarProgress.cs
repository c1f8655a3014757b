using Spectre.Console;

namespace Fleet.Operators;

/// <summary>Shows each report at once. The framework's Progress&lt;T&gt; would hand them to the thread pool, where they may overtake one another.</summary>
internal sealed class BarProgress(ProgressTask bar) : IProgress<long>
{
    public void Report(long value) => bar.Value = value;
}
