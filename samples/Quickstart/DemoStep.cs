namespace Quickstart;

/// <summary>One call that was shown.</summary>
internal sealed record DemoStep(string Call, string Result, double Milliseconds);
